using System.Buffers;
using OrleansTasks.Processing.Json;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Sandbox;

namespace OrleansTasks.Worker.Chunks;

/// <summary>Has a command reduce many lines to few.</summary>
internal sealed class CommandReduction(IProcessHost host)
{
    private const int Most = 4 << 20;

    /// <summary>
    /// Returns the command's lines, each ended by a line feed; empty if <paramref name="lines"/> is.
    /// Throws if the command fails or is stopped.
    /// </summary>
    internal async Task<ReadOnlyMemory<byte>> RunAsync(
        IReadOnlyList<string> command, IReadOnlyCollection<KeyValuePair<string, string>> environment, SandboxRequest? sandbox,
        ReadOnlyMemory<byte> lines, CancellationToken stop)
    {
        if (lines.IsEmpty)
            return default;
        var sink = new LineSink();
        sink.Await(long.MaxValue);
        var process = host.Start(new StartRequest
        {
            Arguments = command, Environment = environment, Sandbox = sandbox, Input = lines, Output = sink, MaxOutputBytes = long.MaxValue,
        });
        sink.Process = process;
        await using var killing = stop.Register(process.KillNow);
        _ = sink.CompleteWithAsync(process);
        var reduced = new ArrayBufferWriter<byte>();
        try
        {
            bool Take(ReadOnlyMemory<byte> line)
            {
                if (RawJson.IsTooDeep(line.Span))
                    throw new ChunkFailure("reduce-failed", $"The reduceCommand wrote {RawJson.TooDeep}.");
                reduced.Write(line.Span);
                reduced.Write("\n"u8);
                return reduced.WrittenCount <= Most;
            }

            LinesRead read;
            do
                read = await sink.ReadAsync(Take);
            while (read is not (LinesRead.Ended or LinesRead.Enough));
            if (reduced.WrittenCount > Most)
                throw new ChunkFailure("reduce-failed", $"The reduceCommand wrote more than {Most} bytes; it must "
                    + "reduce its lines to fewer.");
        }
        catch (Exception)
        {
            process.KillNow();
            await process.Completion;
            throw;
        }

        var outcome = await process.Completion;
        CommandPutBack.ThrowIf(outcome);
        stop.ThrowIfCancellationRequested();
        if (outcome.Reason != ProcessEndReason.Exit || outcome.ExitCode != 0)
            throw new ChunkFailure(
                "reduce-failed", $"The reduceCommand {CommandEnd.Describe(outcome)}." + CommandEnd.Said(sink.ErrorText()));
        return reduced.WrittenMemory;
    }
}
