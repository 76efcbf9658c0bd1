using Microsoft.Extensions.Logging;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>
/// Reads what the next items of a queue's nodes with <c>forEach</c> need: the list, from another node's output or
/// result, or as stored before a restart; the spec of the node's own task; and ended tasks that a retry queues again.
/// <see cref="RoundLoop"/> calls it between rounds, so nothing is committed between a read and its use. A failed read
/// is repeated after 50 ms, then after twice as long each time, up to 2 s; other nodes that wait are read before.
/// </summary>
internal sealed class ItemReading(
    ITaskStore store, IOutputStore outputs, IFileIndex files, DispatchCore core, int queueNo, ILogger logger)
{
    private const long LeastPause = 50;
    private const long MostPause = 2_000;
    // All items, and a line feed after each.
    private const int MostOutput = ItemList.MostBytes + ForEach.MostItems;
    private const int PieceOfOutput = 1 << 20;
    private const int PageOfArtifacts = 1_000;
    private long pause = LeastPause;

    /// <summary>
    /// When to call <see cref="Read"/> again after a failed read, in milliseconds of the steady clock; 0 for at once.
    /// </summary>
    public long RetryAt { get; private set; }

    /// <summary>Returns whether something must be read at this time of the steady clock, in milliseconds.</summary>
    public bool IsDue(long steadyNow) => RetryAt <= steadyNow && core.Items.Wanted is not null;

    /// <summary>
    /// When something must be read, in milliseconds of the steady clock; <see cref="long.MaxValue"/> if nothing must.
    /// </summary>
    public long Next => core.Items.Wanted is null ? long.MaxValue : RetryAt;

    /// <summary>
    /// Reads for one node at a time of the steady clock. If the store cannot be read, sets <see cref="RetryAt"/>.
    /// </summary>
    public async Task Read(long steadyNow)
    {
        if (core.Items.Wanted is not { } node)
            return;
        try
        {
            if (node is { IsListing: false, Row: { } row } && row.Next < row.Made)
                await ReadTasks(node);
            else
                await ReadList(node);
            (RetryAt, pause) = (0, LeastPause);
        }
        catch (FormatException fault)
        {
            logger.ItemsUnreadable(core.Queue, node.Task, fault);
            node.Fail("The stored node cannot be read.");
        }
        catch (StoreUnavailableException fault)
        {
            logger.ItemsNotRead(core.Queue, fault);
            core.Items.WasNotRead(node);
            RetryAt = steadyNow + pause;
            pause = Math.Min(2 * pause, MostPause);
            return;
        }

        core.Items.WasRead(node);
    }

    private async Task ReadTasks(LiveItems node)
    {
        var ids = node.Unsuccessful(ItemNodes.Page);
        var found = await store.Find(queueNo, ids);
        if (found.Length < ids.Length)
            node.Fail("The task of an item is no longer stored.");
        else
            node.Take(found);
    }

    private async Task ReadList(LiveItems node)
    {
        string? fault = null;
        var list = node.IsListing
            ? await ReadSource(node)
            : ItemList.Read(await store.Workflows.ItemList(node.Workflow, node.Node));
        if (await store.ReadSpecs([node.Task]) is not [var spec])
            throw new FormatException($"The task {node.Task} of a node with forEach is not stored.");
        var template = new ItemTemplate(
            node.Workflow, node.Name, spec, node.ForEach.From == ItemsFrom.Artifacts ? node.Source : null);
        if (fault is null && template.SizeOf(list) is var size and > ItemTemplate.MostBytes)
        {
            fault = $"The tasks of the {list.Length} items would have {size} bytes in total; at most "
                + $"{ItemTemplate.MostBytes} are allowed.";
        }

        if (fault is null)
            node.Take(list, template);
        else
            node.Fail(fault);

        async Task<ImmutableArray<string>> ReadSource(LiveItems node)
        {
            string? what;
            var items = node.ForEach.From switch
            {
                ItemsFrom.Result => ItemList.OfResult(await store.ReadResult(node.Source), node.ForEach.Select, out what),
                ItemsFrom.Artifacts => await ReadArtifacts(node.Source) is { } paths
                    ? ItemList.OfArtifacts(paths, node.ForEach.Select, out what)
                    : ItemList.WithoutArtifacts(out what),
                _ => await ReadOutput(node.Source) is { } output ? ItemList.OfLines(output, out what) : ItemList.Lost(out what),
            };
            fault = what is null ? null : $"The node '{node.SourceName}' {what}.";
            return items;
        }
    }

    // Returns the paths of the artifacts, in their order; null if the task left none.
    private async Task<List<string>?> ReadArtifacts(TaskId task)
    {
        if (await store.Get(task) is not { Artifacts.IsExpired: false }
            || await store.FindOutput(task, 0) is not { } latest)
            return null;
        var paths = new List<string>();
        for (string? after = null; ;)
        {
            var page = await files.Artifacts(task, latest.Token, after, PageOfArtifacts);
            paths.AddRange(page.Select(static row => row.Path));
            if (page.Length < PageOfArtifacts)
                return paths;
            after = page[^1].Path;
        }
    }

    // Returns null if the output is larger than any list, was removed or has lost bytes: it is then shorter than the
    // attempt's result says.
    private async Task<ReadOnlyMemory<byte>?> ReadOutput(TaskId task)
    {
        var found = await store.FindOutput(task, 0);
        if (found is null or { Dropped: true })
            return null;
        if (found is { Output: { Inline: true } output })
            return output.Stdout;
        var length = await outputs.Length(task, found.Attempt, found.Token, OutputStream.Stdout);
        if (length > MostOutput || length < found.Output?.StdoutBytes)
            return null;
        var bytes = new MemoryStream();
        while (bytes.Length < length)
        {
            var piece = await outputs.Read(
                task, found.Attempt, found.Token, OutputStream.Stdout, bytes.Length, PieceOfOutput);
            if (piece.IsEmpty)
                return null;
            bytes.Write(piece.Span);
        }

        return bytes.ToArray();
    }
}
