using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using OrleansTasks.Tasks;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Silo.Nodes;

/// <summary>
/// Handles one stream of a worker's output. Messages are written in order, one at a time. While written messages are
/// made durable, the next ones are written; all messages that were written by then are made durable together. Answers
/// keep the order of the messages. A message that fails ends the stream: nothing after it is written or answered.
/// </summary>
/// <param name="output">Writes the output.</param>
/// <param name="mayWrite">Returns whether a message's session is valid.</param>
internal sealed class OutputCall(OutputIntake output, Func<OutputChunks, ValueTask<bool>> mayWrite)
{
    private const int MostTogether = 8;

    /// <summary>Returns the answers. Nothing of a message is kept after it is written.</summary>
    internal async IAsyncEnumerable<OutputAnswer> Answers(
        IAsyncEnumerable<OutputChunks> messages, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var written = Channel.CreateBounded<IReadOnlyDictionary<LeaseRef, OutputEnds>?>(MostTogether);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var writing = WriteAll(messages, written.Writer, over.Token);
        try
        {
            while (await written.Reader.WaitToReadAsync(cancellation))
                foreach (var stored in await Sync(written.Reader))
                    yield return new OutputAnswer { Stored = stored };
        }
        finally
        {
            over.Cancel();
            await writing;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whoever reads the answers is told.")]
    private async Task WriteAll(
        IAsyncEnumerable<OutputChunks> messages, ChannelWriter<IReadOnlyDictionary<LeaseRef, OutputEnds>?> written, CancellationToken over)
    {
        try
        {
            await foreach (var chunks in messages.WithCancellation(over))
                await written.WriteAsync(await mayWrite(chunks) ? await output.Append(chunks) : null, over);
            written.Complete();
        }
        catch (Exception failure)
        {
            written.Complete(failure);
        }
    }

    /// <summary>Makes written messages durable. Returns for each message whether it is stored.</summary>
    private async Task<IReadOnlyList<bool>> Sync(ChannelReader<IReadOnlyDictionary<LeaseRef, OutputEnds>?> written)
    {
        var touched = new Dictionary<LeaseRef, OutputEnds>();
        var stored = new List<bool>();
        while (stored.Count < MostTogether && written.TryRead(out var message))
        {
            stored.Add(message is not null);
            foreach (var (lease, ends) in message ?? ReadOnlyDictionary<LeaseRef, OutputEnds>.Empty)
                touched[lease] = touched.GetValueOrDefault(lease).With(ends);
        }

        await Task.WhenAll(touched.Select(attempt => output.Sync(attempt.Key, attempt.Value)));
        return stored;
    }
}
