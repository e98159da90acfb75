"""What came of a replay, told: as JSON for programs, as JUnit XML for pipelines, as one HTML file for people."""
