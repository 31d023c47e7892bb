import type { StepAction } from '../../../../core/domain/plan.ts';
import type { Procedure, Scene } from '../procedure.ts';
import { drainProcedure } from './drain.ts';
import { imageProcedure } from './image.ts';
import { joinProcedure } from './join.ts';
import { netProcedure } from './net.ts';
import { netbootProcedure } from './netboot.ts';
import { powerOffProcedure } from './power.ts';
import { rebootProcedure } from './reboot.ts';
import { rmaProcedure } from './rma.ts';
import { sshProcedure } from './ssh.ts';
import { verifyProcedure } from './verify.ts';

/** How a step is carried out here: the place to begin when a kind is added. */
export function procedureFor(scene: Scene, action: StepAction): Procedure {
  switch (action.kind) {
    case 'netboot':
      return netbootProcedure(scene, action.profile);
    case 'reboot':
      return rebootProcedure(scene, action.force);
    case 'repave':
      return imageProcedure(scene, action.imageRef, action.cloudInitRef);
    case 'join':
      return joinProcedure(scene, action.targetCluster.clusterId);
    case 'verify':
      return verifyProcedure(scene, action.targetCluster.clusterId);
    case 'drain':
      return drainProcedure(scene);
    case 'ssh':
      return sshProcedure(scene, action.scriptRef, action.args);
    case 'net':
      return netProcedure(scene, action.params);
    case 'rma':
      return rmaProcedure(scene, action.reason);
    case 'power_off':
      return powerOffProcedure(scene);
  }
}
