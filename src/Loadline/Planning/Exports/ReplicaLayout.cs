namespace Loadline.Planning;

/// <summary>How replicas lie on machines.</summary>
/// <param name="Replicas">All there are, spares included.</param>
/// <param name="Needed">Those that the peak needs.</param>
/// <param name="MachinesPerReplica">More than one where a replica spans machines.</param>
/// <param name="DevicesPerMachine">Devices that one replica takes of each of its machines.</param>
internal sealed record ReplicaLayout(int Replicas, int Needed, int MachinesPerReplica, int DevicesPerMachine)
{
    public static ReplicaLayout Of(DeploymentSetup setup)
    {
        var devices = Math.Max(1, setup.Parallelism.Devices);
        var perMachine = Math.Max(1, setup.DevicesPerMachine);
        var machines = (devices + perMachine - 1) / perMachine;
        var replicas = Math.Max(1, machines > 1 ? setup.Machines / machines : setup.Machines * ReplicasOn(setup));
        return new ReplicaLayout(
            replicas,
            Math.Clamp(replicas - setup.SpareReplicas, 1, replicas),
            machines,
            Math.Min(devices, perMachine)
        );
    }

    private static int ReplicasOn(DeploymentSetup setup) => Math.Max(1, setup.ReplicasPerMachine);
}
