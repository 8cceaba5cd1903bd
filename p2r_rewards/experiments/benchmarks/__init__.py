"""The layouts of the video benchmarks on disk, one file each: rows to questions."""
