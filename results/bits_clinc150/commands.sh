#!/bin/sh
# The commands of each point, to run where the sweep was started. `train` writes over no
# run, so move runs and points of this folder away before all of them are run again.
set -e

# 4x8-sequence-s0
pnet-tf train clinc150 --out bits_clinc150/runs/4x8-sequence-s0 --projections 4 --bits 8 --head sequence --seed 0 --recipe text-small --trainer none --epochs 20
mkdir -p bits_clinc150/points/4x8-sequence-s0-int4
pnet-tf export bits_clinc150/runs/4x8-sequence-s0 --tflite bits_clinc150/points/4x8-sequence-s0-int4/model.tflite --quantize int4 --json bits_clinc150/points/4x8-sequence-s0-int4/export.json

# 8x8-sequence-s0
pnet-tf train clinc150 --out bits_clinc150/runs/8x8-sequence-s0 --projections 8 --bits 8 --head sequence --seed 0 --recipe text-small --trainer none --epochs 20
mkdir -p bits_clinc150/points/8x8-sequence-s0-int4
pnet-tf export bits_clinc150/runs/8x8-sequence-s0 --tflite bits_clinc150/points/8x8-sequence-s0-int4/model.tflite --quantize int4 --json bits_clinc150/points/8x8-sequence-s0-int4/export.json

# 16x8-sequence-s0
pnet-tf train clinc150 --out bits_clinc150/runs/16x8-sequence-s0 --projections 16 --bits 8 --head sequence --seed 0 --recipe text-small --trainer none --epochs 20
mkdir -p bits_clinc150/points/16x8-sequence-s0-int4
pnet-tf export bits_clinc150/runs/16x8-sequence-s0 --tflite bits_clinc150/points/16x8-sequence-s0-int4/model.tflite --quantize int4 --json bits_clinc150/points/16x8-sequence-s0-int4/export.json

# 32x8-sequence-s0
pnet-tf train clinc150 --out bits_clinc150/runs/32x8-sequence-s0 --projections 32 --bits 8 --head sequence --seed 0 --recipe text-small --trainer none --epochs 20
mkdir -p bits_clinc150/points/32x8-sequence-s0-int4
pnet-tf export bits_clinc150/runs/32x8-sequence-s0 --tflite bits_clinc150/points/32x8-sequence-s0-int4/model.tflite --quantize int4 --json bits_clinc150/points/32x8-sequence-s0-int4/export.json

# 64x8-sequence-s0
pnet-tf train clinc150 --out bits_clinc150/runs/64x8-sequence-s0 --projections 64 --bits 8 --head sequence --seed 0 --recipe text-small --trainer none --epochs 20
mkdir -p bits_clinc150/points/64x8-sequence-s0-int4
pnet-tf export bits_clinc150/runs/64x8-sequence-s0 --tflite bits_clinc150/points/64x8-sequence-s0-int4/model.tflite --quantize int4 --json bits_clinc150/points/64x8-sequence-s0-int4/export.json
