using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Tasks;

namespace OrleansTasks.Cli.Map;

/// <summary>
/// Prints the output of the tasks of a map, that of each task in one piece: stdout, then stderr. In order, it keeps the
/// ends of tasks whose turn has not come, and reads large outputs from the gateway only when their turn comes.
/// </summary>
internal sealed class MapPrinter : IDisposable
{
    private const int BufferSize = 64 * 1024;

    private readonly Gateway gateway;
    private readonly TextWriter messages;
    private readonly BufferedStream stdout;
    private readonly Stream stderr;
    private readonly bool isTagged;
    private readonly bool isInOrder;

    // The numbers of tasks in the order of printing: of submission with --keep-order, otherwise of the ends.
    private readonly Queue<long> turns = [];
    private readonly Dictionary<long, MapEnd?> waiting = [];

    /// <summary>Creates the printer.</summary>
    public MapPrinter(
        Gateway gateway, Stream stdout, Stream stderr, TextWriter messages, bool isTagged, bool isInOrder)
    {
        (this.gateway, this.stderr, this.messages) = (gateway, stderr, messages);
        (this.isTagged, this.isInOrder) = (isTagged, isInOrder);
        this.stdout = new BufferedStream(stdout, BufferSize);
    }

    /// <summary>The ended tasks whose turn has not come.</summary>
    public int Waiting => waiting.Count;

    /// <summary>Adds a task that was submitted, in the order of the numbers.</summary>
    public void Expect(MapLine line)
    {
        if (isInOrder)
            turns.Enqueue(line.Number);
    }

    /// <summary>Adds a task that has ended.</summary>
    /// <param name="end">The task.</param>
    /// <param name="isSilent">Whether nothing of it is printed.</param>
    public void Add(MapEnd end, bool isSilent)
    {
        waiting.Add(end.Line.Number, isSilent ? null : end);
        if (!isInOrder)
            turns.Enqueue(end.Line.Number);
    }

    /// <summary>Prints the output of the tasks whose turn has come.</summary>
    public async Task Print(CancellationToken cancellation)
    {
        while (turns.TryPeek(out var number) && waiting.Remove(number, out var end))
        {
            turns.Dequeue();
            if (end is not null)
                await Print(end, cancellation);
        }

        stdout.Flush();
    }

    /// <summary>Prints a message.</summary>
    public void Say(string message)
    {
        stdout.Flush();
        messages.WriteLine(message);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Not stdout: Print flushes it, and after a failed write another flush would fail too.
        stderr.Dispose();
    }

    private async Task Print(MapEnd end, CancellationToken cancellation)
    {
        if (end.Output is var (normal, errors))
        {
            await Tagged(stdout, end).WriteAsync(normal, cancellation);
            if (errors.Length > 0)
            {
                stdout.Flush();
                await Tagged(stderr, end).WriteAsync(errors, cancellation);
            }
        }
        else if (end.OutputBytes > 0)
        {
            var wait = new TaskWait(gateway, end.Id);
            await wait.Copy("stdout", Tagged(stdout, end), cancellation);
            stdout.Flush();
            await wait.Copy("stderr", Tagged(stderr, end), cancellation);
        }

        if (end.Explanation is { } why)
            Say($"otask: task {end.Id} {why}");
    }

    private Stream Tagged(Stream stream, MapEnd end) => isTagged
        ? new TagStream(stream, ByteText.BytesOf(string.Join(' ', end.Line.Arguments) + "\t"))
        : stream;
}
