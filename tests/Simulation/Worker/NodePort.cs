using OrleansTasks.Files;
using OrleansTasks.Silo;
using OrleansTasks.Silo.Nodes;
using OrleansTasks.Silo.Status;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Simulation.Worker;

/// <summary>A silo's end of the worker plane: the product's own node service, in a process of the silo.</summary>
internal sealed class NodePort(
    SimSilo silo, ITaskStore tasks, IOutputStore outputs, IFileStore files, IFileIndex index, IProgressStore progress,
    SiloInstruments instruments, Strictness strictness)
{
    /// <summary>The silo.</summary>
    public SimSilo Silo => silo;

    /// <summary>Where its code runs.</summary>
    public SimProcess Process { get; } = silo.NewProcess("nodes");

    /// <summary>Judges what the service throws.</summary>
    public Strictness Strictness => strictness;

    /// <summary>The service.</summary>
    public INodeService Service { get; } =
        new NodeService(
            silo.Grains, tasks, outputs, new FileDepot(files, index, new FileDepotOptions(), silo.Clock), index,
            new DatabaseLoss(silo.Clock), progress, silo.Clock, instruments, strictness);
}
