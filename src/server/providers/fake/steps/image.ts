import { diceFor } from '../dice.ts';
import { DEPOT, digestOf } from '../names.ts';
import { IMAGE_KUBELET, notThere, type Procedure, type Scene } from '../procedure.ts';

const LAYERS = 6;

/** Writes a fresh image to the disk; from its first stage on, what was on the disk is gone. */
export function imageProcedure(scene: Scene, imageRef: string, cloudInitRef: string): Procedure {
  const { by, dice } = scene;
  const layers = Array.from({ length: LAYERS }, (_, index) => layerOf(imageRef, index));
  const total = layers.reduce((sum, layer) => sum + layer.size, 0);
  const write = (index: number) => {
    const { digest, size } = layers[index] ?? layerOf(imageRef, index);
    return [
      `imager: layer ${index + 1}/${LAYERS} ${short(digest)} ${size} MB`,
      `imager: layer ${index + 1}/${LAYERS} ${short(digest)} written at ${dice.int(380, 940)} MB/s, digest ok`,
    ];
  };
  return {
    unit: '%',
    stages: [
      {
        note: 'partitioning the disk',
        share: 15,
        lines: [
          'imager: wipefs --all /dev/nvme0n1',
          'imager: sgdisk: EFI system 512 MiB, root 64 GiB, data the rest',
          'imager: mkfs.ext4 /dev/nvme0n1p2 label=root',
        ],
        effect: {
          image: null,
          membership: { kind: 'none' },
          cordoned: false,
          drained: false,
          network: {},
          script: null,
        },
      },
      {
        note: 'fetching the manifest',
        share: 10,
        lines: [
          `imager: pull ${imageRef} from ${DEPOT}`,
          `imager: manifest ${digestOf(imageRef)}`,
          `imager: ${LAYERS} layers, ${total} MB`,
        ],
      },
      { note: 'writing layers 1 to 3', share: 27, lines: [...write(0), ...write(1), ...write(2)] },
      { note: 'writing layers 4 to 6', share: 27, lines: [...write(3), ...write(4), ...write(5)] },
      {
        note: 'configuring the first boot',
        share: 11,
        lines: [`cloud-init: seed ${cloudInitRef || 'none'}`, 'cloud-init: datasource NoCloud on /dev/nvme0n1p1'],
      },
      {
        note: 'installing the boot loader',
        share: 10,
        lines: [
          'grub-install: installing for x86_64-efi platform, no error reported',
          `imager: read back ${total} MB, manifest ${short(digestOf(imageRef))}`,
        ],
        effect: { image: { ref: imageRef, by }, kubelet: IMAGE_KUBELET, bootDevice: 'disk', netbootProfile: '' },
      },
    ],
    lacks: ({ image }, mine) => {
      if (image === null) return notThere('the disk holds no image');
      if (image.ref === imageRef && mine(image.by)) return null;
      return notThere(`the disk still holds the image from before, ${image.ref || 'of unknown origin'}`);
    },
    done: `${imageRef} is on the disk, ${total} MB in ${LAYERS} layers`,
    usualFailure: {
      code: 'DIGEST_MISMATCH',
      message: `imager: layer ${short(layers[2]?.digest ?? digestOf(imageRef))}: digest mismatch after write`,
    },
  };
}

function layerOf(imageRef: string, index: number): { readonly digest: string; readonly size: number } {
  const digest = digestOf(imageRef, index);
  return { digest, size: diceFor(0, digest).int(40, 620) };
}

/** A digest cut to what people compare by eye. */
function short(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12);
}
