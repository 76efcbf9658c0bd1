using System.Text.Json;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Queues;

namespace OrleansTasks.Client.Queues;

/// <summary>Shows queues.</summary>
/// <param name="grains">The queues.</param>
public sealed class QueueCalls(GatewayGrains grains)
{
    private static readonly JsonEncodedText OldestQueuedAt = JsonEncodedText.Encode("oldestQueuedAt");

    /// <summary>All queues, by name.</summary>
    internal async Task List(HttpContext context)
    {
        var queues = await Read();
        var json = JsonAnswer.Rent();
        json.Writer.WriteStartObject();
        json.Writer.WriteStartArray("items"u8);
        foreach (var (name, partitions) in queues)
            Write(json.Writer, name, partitions);
        json.Writer.WriteEndArray();
        json.Writer.WriteNull("nextCursor"u8);
        json.Writer.WriteEndObject();
        await json.Send(context.Response);
    }

    /// <summary>One queue.</summary>
    internal async Task Get(HttpContext context)
    {
        var name = context.Request.RouteValues["name"] as string ?? "";
        if (!(await Read()).TryGetValue(name, out var partitions))
            throw new ProblemException(Problems.NotFound("There is no such queue; a first task makes one."));
        var json = JsonAnswer.Rent();
        Write(json.Writer, name, partitions);
        await json.Send(context.Response);
    }

    private async Task<SortedDictionary<string, List<PartitionStatus>>> Read()
    {
        var queues = new SortedDictionary<string, List<PartitionStatus>>(StringComparer.Ordinal)
        { [PartitionKey.DefaultQueue] = [] };
        foreach (var partition in await grains.Queues.List())
        {
            if (!queues.TryGetValue(partition.Partition.Queue, out var partitions))
                queues[partition.Partition.Queue] = partitions = [];
            partitions.Add(partition);
        }

        return queues;
    }

    /// <summary>Writes a queue. None has settings of its own yet: these are the defaults.</summary>
    private static void Write(Utf8JsonWriter json, string name, List<PartitionStatus> partitions)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, name);
        json.WriteBoolean("paused"u8, false);
        json.WriteNumber("scheduled"u8, partitions.Sum(partition => (long)partition.Scheduled));
        json.WriteNumber("depth"u8, partitions.Sum(partition => (long)partition.Queued));
        json.WriteNumber("running"u8, partitions.Sum(partition => (long)partition.Running));
        TaskJson.WriteTime(json, OldestQueuedAt, partitions.Min(partition => partition.OldestQueuedAt));
        json.WriteNull("maxRunning"u8);
        json.WriteNull("maxDepth"u8);
        json.WriteNull("ratePerSecond"u8);
        json.WriteNumber("weight"u8, 1);
        json.WriteString("strategy"u8, "leastLoaded"u8);
        json.WriteNumber("partitions"u8, Math.Max(partitions.Count, 1));
        json.WriteEndObject();
    }
}
