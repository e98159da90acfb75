"""Evidence: the pictures and the clip that prove what a camera saw, with faces hidden before anything is stored."""
