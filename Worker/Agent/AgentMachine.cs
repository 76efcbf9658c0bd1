using OrleansTasks.Worker.Chunks;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// The facilities of its machine that an agent uses, besides clocks and processes; a simulation replaces them.
/// </summary>
/// <param name="Random">Randomizes retries.</param>
/// <param name="Instance">The name of the data folder.</param>
/// <param name="NoteSession">Stores a session's number for later runs.</param>
/// <param name="OpenResults">Opens the results that an earlier run left.</param>
/// <param name="Load">Returns the load of the machine.</param>
/// <param name="AvailableMemory">Returns the bytes of memory that programs can still allocate.</param>
/// <param name="Evaluate">Evaluates a chunk on its own thread.</param>
internal sealed record AgentMachine(
    Random Random, string Instance, Action<long> NoteSession, Func<IResultLog> OpenResults, Func<double> Load, Func<long> AvailableMemory,
    Action<InProcessRun> Evaluate)
{
    private static readonly TimeSpan IdleThread = TimeSpan.FromSeconds(10);

    /// <summary>The bytes of memory of the machine; 0 if unknown.</summary>
    public long TotalMemory { get; init; }

    /// <summary>When this process started, in Unix milliseconds; 0 if unknown.</summary>
    public long StartedAt { get; init; }

    /// <summary>Returns the free bytes where the worker keeps its data; 0 if unknown.</summary>
    public Func<long> FreeDisk { get; init; } = static () => 0;

    /// <summary>Puts files into working folders and collects artifacts; null if the worker does neither.</summary>
    public FileWork? Files { get; init; }

    /// <summary>Lists a folder on a thread of its own; null if the worker lists none.</summary>
    public Func<ListFolder, Task<FolderListing>>? ListFolder { get; init; }

    /// <summary>Returns the machine that this process runs on.</summary>
    /// <exception cref="IOException">The data folder cannot be used.</exception>
    internal static AgentMachine Of(AgentOptions options)
    {
        Directory.CreateDirectory(options.DataFolder);
        var folders = new FolderLister(options.RunAs, options.FileRoots);
        var evaluations = new EvaluationThreads(Math.Max(1, options.Slots), IdleThread);
        return new AgentMachine(
            Random.Shared,
            InstanceFile.ReadOrCreate(options.DataFolder),
            session => SessionFile.Note(options.DataFolder, options.NodeId, session),
            () => ResultFile.In(options.DataFolder),
            MachineGauge.Load,
            MachineGauge.AvailableMemory,
            run => evaluations.Run(run.Evaluate))
        {
            TotalMemory = MachineGauge.TotalMemory(),
            StartedAt = MachineGauge.StartedAt(),
            FreeDisk = () => MachineGauge.FreeDisk(options.DataFolder),
            Files = options.TakesFiles ? FileWork.Open(options.DataFolder, options.FileCacheBytes, TimeProvider.System) : null,
            ListFolder = question => Task.Factory.StartNew(
                () => folders.List(question.Folder, question.Match, (int)Math.Min(question.Most, int.MaxValue - 1)),
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default),
        };
    }
}
