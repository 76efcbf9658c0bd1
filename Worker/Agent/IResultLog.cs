using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>Where results are that the master has not settled: they survive the worker.</summary>
internal interface IResultLog : IDisposable
{
    /// <summary>Whether nothing is in it.</summary>
    bool IsEmpty { get; }

    /// <summary>Reads every whole record and leaves the log ready for more.</summary>
    List<Result> Read();

    /// <summary>Adds results; they are durable when it returns.</summary>
    /// <exception cref="IOException">They could not be written.</exception>
    void Append(IReadOnlyCollection<Result> results);

    /// <summary>
    /// Replaces all results by these, which are durable when it returns. A crash leaves either the old results or these.
    /// </summary>
    /// <exception cref="IOException">They could not be written; the old results remain.</exception>
    void Replace(IReadOnlyCollection<Result> results);

    /// <summary>Removes everything.</summary>
    void Clear();
}
