import { expect, test } from 'vitest';
import { ImageStage } from '../../src/containers/image-stage.js';

const read = (lines: string[]) => {
  const stage = new ImageStage();
  return lines.map((line) => stage.read(line));
};

test('the stages of an image that docker builds: steps, lists, download, packages', () => {
  const lines = [
    'Sending build context to Docker daemon  3.072kB',
    'Step 1/9 : ARG BASE_IMAGE=debian:bookworm-slim',
    ' ---> 5bd2b6cd2d4b',
    'Step 9/9 : RUN set -eu;',
    'Get:1 https://archive.invalid/debian bookworm InRelease [151 kB]',
    '0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.',
    'Need to get 84.1 MB of archives.',
    'Get:1 https://archive.invalid/debian bookworm/main amd64 kmod amd64 30 [94 kB]',
    'Selecting previously unselected package kmod.',
    'Unpacking kmod (30+20221128-1) ...',
    'Unpacking dkms (3.0.10-8) ...',
    'Setting up kmod (30+20221128-1) ...',
    'Processing triggers for libc-bin (2.36-9) ...',
  ];
  expect(read(lines)).toEqual([
    'Sending build context to Docker daemon  3.072kB',
    'step 1 of 9',
    'step 1 of 9',
    'step 9 of 9',
    'reading the package lists',
    'reading the package lists',
    'downloading 2 packages, 84.1 MB',
    'downloading 2 packages, 84.1 MB',
    'downloading 2 packages, 84.1 MB',
    'unpacking kmod (1 of 2)',
    'unpacking dkms (2 of 2)',
    'setting up kmod (1 of 2)',
    'setting up kmod (1 of 2)',
  ]);
});

test('podman, BuildKit and mmdebstrap', () => {
  expect(read(['STEP 2/3: RUN x', '#7 [3/9] RUN x', '#7 [stage-1 4/9] RUN x', '#7 3.215 Setting up kmod (30) ...'])).toEqual([
    'step 2 of 3',
    'step 3 of 9',
    'step 4 of 9',
    'setting up kmod',
  ]);
  expect(read(['I: downloading packages with apt...', 'done', 'I: extracting archives...'])).toEqual([
    'downloading packages with apt',
    'downloading packages with apt',
    'extracting archives',
  ]);
});
