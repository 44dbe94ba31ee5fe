"""How many bits a task needs: sweep networks, measure their files, find the best of each size."""
