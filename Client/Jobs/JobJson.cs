using System.Text.Json;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Jobs;

namespace OrleansTasks.Client.Jobs;

/// <summary>Writes jobs and their failures as the HTTP contract shows them.</summary>
internal static class JobJson
{
    private static readonly JsonEncodedText Id = JsonEncodedText.Encode("id");
    private static readonly JsonEncodedText CreatedAt = JsonEncodedText.Encode("createdAt");
    private static readonly JsonEncodedText StartedAt = JsonEncodedText.Encode("startedAt");
    private static readonly JsonEncodedText EndedAt = JsonEncodedText.Encode("endedAt");
    private static readonly JsonEncodedText CancelRequestedAt = JsonEncodedText.Encode("cancelRequestedAt");
    private static readonly JsonEncodedText Labels = JsonEncodedText.Encode("labels");
    private static readonly JsonEncodedText At = JsonEncodedText.Encode("at");

    /// <summary>Writes a job.</summary>
    public static void Write(Utf8JsonWriter json, JobView job)
    {
        json.WriteStartObject();
        TaskJson.WriteId(json, Id, job.Id);
        json.WriteString("name"u8, job.Name);
        json.WriteString("queue"u8, job.Queue);
        json.WriteString("state"u8, job.State.Name());
        TaskJson.WriteTime(json, CreatedAt, job.Id.CreatedAt);
        TaskJson.WriteTime(json, StartedAt, job.StartedAt);
        TaskJson.WriteTime(json, EndedAt, job.EndedAt);
        json.WriteNumber("itemsRead"u8, job.ItemsRead);
        json.WriteNumber("itemsDone"u8, job.ItemsDone);
        json.WriteNumber("itemsFailed"u8, job.ItemsFailed);
        json.WriteNumber("itemsSkipped"u8, job.ItemsSkipped);
        json.WriteNumber("chunksQueued"u8, job.ChunksQueued);
        json.WriteNumber("chunksRunning"u8, job.ChunksRunning);
        json.WriteNumber("chunksDone"u8, job.ChunksDone);
        WriteNumber(json, "percent"u8, job.Percent, 2);
        json.WriteNumber("itemsPerSecond"u8, Math.Round(job.ItemsPerSecond, 1));
        WriteNumber(json, "etaSeconds"u8, job.EtaSeconds, 1);
        json.WriteStartArray("perNode"u8);
        foreach (var share in job.PerNode)
        {
            json.WriteStartObject();
            json.WriteString("node"u8, share.Node);
            json.WriteNumber("items"u8, share.Items);
            json.WriteNumber("chunks"u8, share.Chunks);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WritePropertyName("aggregate"u8);
        json.WriteRawValue(job.Aggregate.Span, skipInputValidation: true);
        json.WriteStartArray("approximate"u8);
        foreach (var name in job.Approximate)
            json.WriteStringValue(name);
        json.WriteEndArray();
        json.WriteBoolean("complete"u8, job.State == JobState.Succeeded);
        TaskJson.WriteTime(json, CancelRequestedAt, job.CancelRequestedAt);
        json.WriteString("reason"u8, job.Reason);
        TaskJson.WriteLabels(json, Labels, job.Labels);
        WriteWorkflow(json, job.Workflow);
        json.WriteEndObject();
    }

    /// <summary>Writes a failed item or chunk.</summary>
    public static void Write(Utf8JsonWriter json, JobFailure failure)
    {
        json.WriteStartObject();
        json.WriteNumber("chunk"u8, failure.Chunk);
        if (failure.Item is { } item)
            json.WriteNumber("item"u8, item);
        else
            json.WriteNull("item"u8);
        json.WriteString("reason"u8, failure.Reason);
        json.WriteString("message"u8, failure.Message);
        json.WriteString("value"u8, failure.Value);
        json.WriteNumber("attempt"u8, failure.Attempt);
        json.WriteString("node"u8, failure.Node);
        TaskJson.WriteTime(json, At, failure.At);
        json.WriteEndObject();
    }

    // Writes the workflow field, which only jobs started by a workflow have.
    private static void WriteWorkflow(Utf8JsonWriter json, JobPlace? place)
    {
        if (place is null)
            return;
        json.WriteStartObject("workflow"u8);
        TaskJson.WriteId(json, Id, place.Workflow);
        json.WriteString("node"u8, place.Node);
        json.WriteEndObject();
    }

    /// <summary>Writes a number rounded to some digits; null if it is unknown or not finite.</summary>
    internal static void WriteNumber(Utf8JsonWriter json, ReadOnlySpan<byte> name, double? number, int digits)
    {
        if (number is { } value && double.IsFinite(value))
            json.WriteNumber(name, Math.Round(value, digits));
        else
            json.WriteNull(name);
    }
}
