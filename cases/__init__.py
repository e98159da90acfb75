"""cases: what people work on. Knows the pipeline's contracts and nothing else of ours."""
