using Google.Protobuf;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Simulation.Worker;

/// <summary>A worker's unsettled results on its disk, which outlives the agent.</summary>
internal sealed class SimResultLog : IResultLog
{
    private readonly List<byte[]> records = [];

    /// <summary>Whether the disk is full.</summary>
    public bool IsFull { get; set; }

    /// <summary>Called when something could not be written.</summary>
    public Action? Refused { get; set; }

    /// <summary>How many results were taken back by a later agent.</summary>
    public int Recovered { get; private set; }

    /// <inheritdoc/>
    public bool IsEmpty => records.Count == 0;

    /// <inheritdoc/>
    public List<Result> Read()
    {
        Recovered += records.Count;
        return [.. records.Select(Result.Parser.ParseFrom)];
    }

    /// <inheritdoc/>
    public void Append(IReadOnlyCollection<Result> results)
    {
        ThrowIfFull();
        records.AddRange(results.Select(static result => result.ToByteArray()));
    }

    /// <inheritdoc/>
    public void Replace(IReadOnlyCollection<Result> results)
    {
        ThrowIfFull();
        records.Clear();
        records.AddRange(results.Select(static result => result.ToByteArray()));
    }

    /// <inheritdoc/>
    public void Clear() => records.Clear();

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void ThrowIfFull()
    {
        if (!IsFull)
            return;
        Refused?.Invoke();
        throw new IOException("No space left on device");
    }
}
