using OrleansTasks.Nodes;
using OrleansTasks.Queues;

namespace OrleansTasks.Client.Figures;

/// <summary>Adds the current state of queues and nodes to the series.</summary>
internal static class BoardFigures
{
    private const string Milliseconds = "ms";
    private const string Tasks = "tasks";

    /// <summary>
    /// Adds each queue's depth, its number of running tasks and the age of its oldest queued task, and the same for all
    /// queues.
    /// </summary>
    public static void Note(SeriesBook book, long second, ImmutableArray<QueueStatus> queues)
    {
        var live = queues.Where(static queue => !queue.IsRetired).ToArray();
        Note(book, second, "", live);
        foreach (var queue in live)
            Note(book, second, queue.Queue, [queue]);
    }

    /// <summary>Adds each node's load, memory and slots. Nodes that are lost or gone are left out.</summary>
    public static void Note(SeriesBook book, long second, ImmutableArray<NodeView> nodes)
    {
        var here = Reporting(nodes).ToArray();
        Level(book, second, "slots.total", "", "", "slots", here.Sum(static node => node.Slots));
        Level(book, second, "slots.used", "", "", "slots", here.Sum(static node => node.Running));
        foreach (var node in here)
        {
            Level(book, second, "node.load", "node", node.Id, "", node.Load);
            Level(book, second, "node.memory", "node", node.Id, "bytes", node.MemoryBytes);
            Level(book, second, "slots.total", "node", node.Id, "slots", node.Slots);
            Level(book, second, "slots.used", "node", node.Id, "slots", node.Running);
        }
    }

    /// <summary>Returns the nodes that report; the others have no load, memory or slots.</summary>
    public static IEnumerable<NodeView> Reporting(ImmutableArray<NodeView> nodes) =>
        nodes.Where(static node => node.State is not (NodeState.Lost or NodeState.Gone));

    private static void Note(SeriesBook book, long second, string queue, QueueStatus[] queues)
    {
        var by = queue.Length == 0 ? "" : "queue";
        Level(book, second, "queue.depth", by, queue, Tasks, queues.Sum(static one => one.Queued));
        Level(book, second, "queue.running", by, queue, Tasks, queues.Sum(static one => one.Running));
        var oldest = queues.Min(static one => one.OldestQueuedAt);
        book.Note(second, new SeriesId("queue.oldest", by, queue), Milliseconds, SeriesKind.Peak,
            oldest is { } at ? Math.Max(0, (second * 1_000) - at) : 0);
    }

    private static void Level(SeriesBook book, long second, string name, string by, string key, string unit,
        double value) =>
        book.Note(second, new SeriesId(name, by, key), unit, SeriesKind.Level, value);
}
