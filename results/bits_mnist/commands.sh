#!/bin/sh
# The commands of each point, to run where the sweep was started. `train` writes over no
# run, so move runs and points of this folder away before all of them are run again.
set -e

# 8x10-linear-s0
pnet-tf train mnist --out swm/runs/8x10-linear-s0 --projections 8 --bits 10 --head linear --seed 0 --projection structured --trainer none --epochs 5
mkdir -p swm/points/8x10-linear-s0-dynamic
pnet-tf export swm/runs/8x10-linear-s0 --tflite swm/points/8x10-linear-s0-dynamic/model.tflite --quantize dynamic --json swm/points/8x10-linear-s0-dynamic/export.json
mkdir -p swm/points/8x10-linear-s0-int4
pnet-tf export swm/runs/8x10-linear-s0 --tflite swm/points/8x10-linear-s0-int4/model.tflite --quantize int4 --json swm/points/8x10-linear-s0-int4/export.json

# 8x10-dense128-s0
pnet-tf train mnist --out swm/runs/8x10-dense128-s0 --projections 8 --bits 10 --hidden 128 --seed 0 --projection structured --trainer none --epochs 5
mkdir -p swm/points/8x10-dense128-s0-dynamic
pnet-tf export swm/runs/8x10-dense128-s0 --tflite swm/points/8x10-dense128-s0-dynamic/model.tflite --quantize dynamic --json swm/points/8x10-dense128-s0-dynamic/export.json
mkdir -p swm/points/8x10-dense128-s0-int4
pnet-tf export swm/runs/8x10-dense128-s0 --tflite swm/points/8x10-dense128-s0-int4/model.tflite --quantize int4 --json swm/points/8x10-dense128-s0-int4/export.json

# 10x12-linear-s0
pnet-tf train mnist --out swm/runs/10x12-linear-s0 --projections 10 --bits 12 --head linear --seed 0 --projection structured --trainer none --epochs 5
mkdir -p swm/points/10x12-linear-s0-dynamic
pnet-tf export swm/runs/10x12-linear-s0 --tflite swm/points/10x12-linear-s0-dynamic/model.tflite --quantize dynamic --json swm/points/10x12-linear-s0-dynamic/export.json
mkdir -p swm/points/10x12-linear-s0-int4
pnet-tf export swm/runs/10x12-linear-s0 --tflite swm/points/10x12-linear-s0-int4/model.tflite --quantize int4 --json swm/points/10x12-linear-s0-int4/export.json

# 10x12-dense128-s0
pnet-tf train mnist --out swm/runs/10x12-dense128-s0 --projections 10 --bits 12 --hidden 128 --seed 0 --projection structured --trainer none --epochs 5
mkdir -p swm/points/10x12-dense128-s0-dynamic
pnet-tf export swm/runs/10x12-dense128-s0 --tflite swm/points/10x12-dense128-s0-dynamic/model.tflite --quantize dynamic --json swm/points/10x12-dense128-s0-dynamic/export.json
mkdir -p swm/points/10x12-dense128-s0-int4
pnet-tf export swm/runs/10x12-dense128-s0 --tflite swm/points/10x12-dense128-s0-int4/model.tflite --quantize int4 --json swm/points/10x12-dense128-s0-int4/export.json

# 30x12-linear-s0
pnet-tf train mnist --out swm/runs/30x12-linear-s0 --projections 30 --bits 12 --head linear --seed 0 --projection structured --trainer none --epochs 5
mkdir -p swm/points/30x12-linear-s0-dynamic
pnet-tf export swm/runs/30x12-linear-s0 --tflite swm/points/30x12-linear-s0-dynamic/model.tflite --quantize dynamic --json swm/points/30x12-linear-s0-dynamic/export.json
mkdir -p swm/points/30x12-linear-s0-int4
pnet-tf export swm/runs/30x12-linear-s0 --tflite swm/points/30x12-linear-s0-int4/model.tflite --quantize int4 --json swm/points/30x12-linear-s0-int4/export.json

# 30x12-dense128-s0
pnet-tf train mnist --out swm/runs/30x12-dense128-s0 --projections 30 --bits 12 --hidden 128 --seed 0 --projection structured --trainer none --epochs 5
mkdir -p swm/points/30x12-dense128-s0-dynamic
pnet-tf export swm/runs/30x12-dense128-s0 --tflite swm/points/30x12-dense128-s0-dynamic/model.tflite --quantize dynamic --json swm/points/30x12-dense128-s0-dynamic/export.json
mkdir -p swm/points/30x12-dense128-s0-int4
pnet-tf export swm/runs/30x12-dense128-s0 --tflite swm/points/30x12-dense128-s0-int4/model.tflite --quantize int4 --json swm/points/30x12-dense128-s0-int4/export.json

# 60x12-linear-s0
pnet-tf train mnist --out swm/runs/60x12-linear-s0 --projections 60 --bits 12 --head linear --seed 0 --projection structured --trainer none --epochs 5
mkdir -p swm/points/60x12-linear-s0-dynamic
pnet-tf export swm/runs/60x12-linear-s0 --tflite swm/points/60x12-linear-s0-dynamic/model.tflite --quantize dynamic --json swm/points/60x12-linear-s0-dynamic/export.json
mkdir -p swm/points/60x12-linear-s0-int4
pnet-tf export swm/runs/60x12-linear-s0 --tflite swm/points/60x12-linear-s0-int4/model.tflite --quantize int4 --json swm/points/60x12-linear-s0-int4/export.json

# 60x12-dense128-s0
pnet-tf train mnist --out swm/runs/60x12-dense128-s0 --projections 60 --bits 12 --hidden 128 --seed 0 --projection structured --trainer none --epochs 5
mkdir -p swm/points/60x12-dense128-s0-dynamic
pnet-tf export swm/runs/60x12-dense128-s0 --tflite swm/points/60x12-dense128-s0-dynamic/model.tflite --quantize dynamic --json swm/points/60x12-dense128-s0-dynamic/export.json
mkdir -p swm/points/60x12-dense128-s0-int4
pnet-tf export swm/runs/60x12-dense128-s0 --tflite swm/points/60x12-dense128-s0-int4/model.tflite --quantize int4 --json swm/points/60x12-dense128-s0-int4/export.json
