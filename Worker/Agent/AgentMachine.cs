using OrleansTasks.Worker.Chunks;

namespace OrleansTasks.Worker.Agent;

/// <summary>What an agent has of its machine besides clocks and processes; a simulation has others.</summary>
/// <param name="Random">Spreads retries.</param>
/// <param name="Instance">The name of its data folder.</param>
/// <param name="NoteSession">Keeps the number of a session for later runs.</param>
/// <param name="OpenResults">Opens what an earlier run has left.</param>
/// <param name="Load">How busy the machine is.</param>
/// <param name="AvailableMemory">Bytes of memory that programs could still get.</param>
/// <param name="Evaluate">Evaluates a chunk, on a thread of its own.</param>
internal sealed record AgentMachine(
    Random Random, string Instance, Action<long> NoteSession, Func<IResultLog> OpenResults, Func<double> Load, Func<long> AvailableMemory,
    Action<ChunkRun> Evaluate)
{
    private static readonly TimeSpan IdleThread = TimeSpan.FromSeconds(10);

    /// <summary>The machine that this runs on.</summary>
    /// <exception cref="IOException">The data folder cannot be used.</exception>
    internal static AgentMachine Of(AgentOptions options)
    {
        Directory.CreateDirectory(options.DataFolder);
        var evaluations = new EvaluationThreads(Math.Max(1, options.Slots), IdleThread);
        return new AgentMachine(
            Random.Shared,
            InstanceFile.ReadOrCreate(options.DataFolder),
            session => SessionFile.Note(options.DataFolder, options.NodeId, session),
            () => ResultFile.In(options.DataFolder),
            MachineGauge.Load,
            MachineGauge.AvailableMemory,
            run => evaluations.Run(run.Evaluate));
    }
}
