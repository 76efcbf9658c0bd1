using System.Buffers;
using System.Text.Json;
using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>
/// The immutable part of a workflow that is stored along with its nodes' tasks: names, labels and dependencies. The
/// stored form is JSON in UTF-8:
/// <c>{"name","onFailure","labels":{},"nodes":[{"name","mayFail","after":[[node,on]],"forEach":[node,from,select],"job":true}]}</c>,
/// where <c>node</c> is an index, <c>on</c> the value of an <see cref="EndCondition"/>, and <c>from</c> that of an
/// <see cref="ItemsFrom"/>.
/// </summary>
/// <param name="Name">The human-readable name.</param>
/// <param name="OnFailure">What the workflow does when a node fails.</param>
/// <param name="Labels">The workflow's own labels; sorted by key.</param>
/// <param name="Nodes">The nodes, in the order given.</param>
public sealed record WorkflowOutline(
    string Name, FailureRule OnFailure, ImmutableArray<Label> Labels, ImmutableArray<OutlineNode> Nodes)
{
    /// <summary>Creates the outline of a validated spec.</summary>
    public static WorkflowOutline Of(WorkflowSpec spec) => new(
        spec.Name, spec.OnFailure, spec.Labels,
        [.. spec.Nodes
            .Select((node, index) => new OutlineNode(node.Name, node.MayFail, [.. spec.Graph.AfterOf(index)])
            {
                ForEach = node.ForEach, IsJob = node.Job is not null,
            })]);

    /// <summary>Returns the stored form.</summary>
    public byte[] Write()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("name"u8, Name);
            json.WriteNumber("onFailure"u8, (int)OnFailure);
            json.WriteStartObject("labels"u8);
            foreach (var label in Labels)
                json.WriteString(label.Key, label.Value);
            json.WriteEndObject();
            json.WriteStartArray("nodes"u8);
            foreach (var node in Nodes)
                Write(json, node);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads the stored form; throws <see cref="FormatException"/> for anything else.</summary>
    public static WorkflowOutline Read(ReadOnlyMemory<byte> stored)
    {
        try
        {
            using var document = JsonDocument.Parse(stored);
            var root = document.RootElement;
            return new WorkflowOutline(
                root.GetProperty("name").GetString()!,
                (FailureRule)root.GetProperty("onFailure").GetInt32(),
                [.. root.GetProperty("labels").EnumerateObject()
                    .Select(static one => new Label(one.Name, one.Value.GetString()!))],
                [.. root.GetProperty("nodes").EnumerateArray().Select(ReadNode)]);
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException("A stored workflow cannot be read.", fault);
        }
    }

    private static void Write(Utf8JsonWriter json, OutlineNode node)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, node.Name);
        if (node.MayFail)
            json.WriteBoolean("mayFail"u8, true);
        if (!node.After.IsEmpty)
        {
            json.WriteStartArray("after"u8);
            foreach (var edge in node.After)
            {
                json.WriteStartArray();
                json.WriteNumberValue(edge.Other);
                json.WriteNumberValue((int)edge.On);
                json.WriteEndArray();
            }

            json.WriteEndArray();
        }

        if (node.ForEach is { } forEach)
        {
            json.WriteStartArray("forEach"u8);
            json.WriteNumberValue(forEach.Node);
            json.WriteNumberValue((int)forEach.From);
            json.WriteStringValue(forEach.Select);
            json.WriteEndArray();
        }

        if (node.IsJob)
            json.WriteBoolean("job"u8, true);
        json.WriteEndObject();
    }

    private static OutlineNode ReadNode(JsonElement node) => new(
        node.GetProperty("name").GetString()!,
        node.TryGetProperty("mayFail", out var mayFail) && mayFail.GetBoolean(),
        node.TryGetProperty("after", out var after)
            ? [.. after.EnumerateArray()
                .Select(static edge => new WorkflowEdge(edge[0].GetInt32(), (EndCondition)edge[1].GetInt32()))]
            : [])
    {
        ForEach = node.TryGetProperty("forEach", out var forEach)
            ? new ForEach(forEach[0].GetInt32(), (ItemsFrom)forEach[1].GetInt32(), forEach[2].GetString()!)
            : null,
        IsJob = node.TryGetProperty("job", out var job) && job.GetBoolean(),
    };
}
