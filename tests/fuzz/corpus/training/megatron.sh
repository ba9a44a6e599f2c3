#!/bin/bash
#SBATCH --nodes=4
#SBATCH --gpus-per-node=8
export CUDA_DEVICE_MAX_CONNECTIONS=1
TP=4
PP=${PP:-2}
DISTRIBUTED=(--nproc_per_node 8 --nnodes $SLURM_NNODES --node_rank $SLURM_NODEID --master_addr $HEAD_NODE)
MODEL=(
  --num-layers 32 --hidden-size 4096 --ffn-hidden-size 14336
  --num-attention-heads 32 --group-query-attention --num-query-groups 8
  --seq-length 8192 --max-position-embeddings 8192
  --position-embedding-type rope --normalization RMSNorm --swiglu
  --untie-embeddings-and-output-weights --disable-bias-linear
  --vocab-size 128256
)
srun torchrun "${DISTRIBUTED[@]}" pretrain_gpt.py "${MODEL[@]}" \
  --tensor-model-parallel-size $TP --pipeline-model-parallel-size $PP \
  --sequence-parallel --use-distributed-optimizer \
  --num-layers-per-virtual-pipeline-stage 4 \
  --micro-batch-size 1 --global-batch-size 256 --train-iters 10000 \
  --bf16 --fp8-format hybrid --attention-dropout 0 --hidden-dropout 0 \
  --recompute-granularity selective --recompute-modules layernorm moe_act \
  --rampup-batch-size 32 32 1000 --lr 3e-4 --min-lr 3e-5 \
  --data-path $DATA --tensor-model-parallel-sise 8
