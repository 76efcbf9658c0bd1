using System.Threading.Channels;

namespace OrleansTasks.Cli.Map;

/// <summary>
/// Reads the arguments of a map on a thread of its own, because standard input may have nothing for a long time. It
/// reads no further ahead than there is room for.
/// </summary>
internal sealed class MapFeed
{
    /// <summary>The lines that are read ahead.</summary>
    private const int MostAhead = 1000;

    private readonly Channel<MapLine> lines = Channel.CreateBounded<MapLine>(MostAhead);
    private readonly IEnumerable<MapLine> source;
    private long read;

    private MapFeed(IEnumerable<MapLine> source) => this.source = source;

    /// <summary>Whether all lines were read and taken.</summary>
    public bool IsDone => lines.Reader.Completion.IsCompleted;

    /// <summary>The number of lines, when all have been read; null before.</summary>
    public long? Total { get; private set; }

    /// <summary>The lines that can be taken at once.</summary>
    public int Waiting => lines.Reader.Count;

    /// <summary>Begins to read.</summary>
    public static MapFeed Start(IEnumerable<MapLine> source)
    {
        var feed = new MapFeed(source);
        new Thread(feed.Read) { IsBackground = true, Name = "arguments of the map" }.Start();
        return feed;
    }

    /// <summary>Takes a line, if one has been read.</summary>
    public MapLine? Take() => lines.Reader.TryRead(out var line) ? line : null;

    /// <summary>Waits until a line can be taken, or all have been. Throws what the source threw.</summary>
    public async Task Wait(CancellationToken cancellation) => await lines.Reader.WaitToReadAsync(cancellation);

    /// <summary>Throws what the source threw.</summary>
    public Task Check() => lines.Reader.Completion;

    private void Read()
    {
        try
        {
            foreach (var line in source)
            {
                read++;
                if (!lines.Writer.TryWrite(line))
                    lines.Writer.WriteAsync(line).AsTask().GetAwaiter().GetResult();
            }

            Total = read;
            lines.Writer.Complete();
        }
        catch (Exception fault)
        {
            lines.Writer.Complete(fault);
        }
    }
}
