using System.Text.Json;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Jobs;
using OrleansTasks.Processing.Text;

namespace OrleansTasks.Client.Jobs;

/// <summary>Writes the answers of the calls of <see cref="JobInsightCalls"/> as the HTTP contract shows them.</summary>
internal static class JobInsightJson
{
    private static readonly JsonEncodedText At = JsonEncodedText.Encode("at");
    private static readonly JsonEncodedText EndedAt = JsonEncodedText.Encode("endedAt");

    /// <summary>Writes the statistics of a job; without stages if the job cannot be read.</summary>
    public static void Write(Utf8JsonWriter json, JobFigures? figures)
    {
        figures ??= new JobFigures { HeldBackBy = "nothing" };
        json.WriteStartObject();
        json.WriteStartArray("stages"u8);
        foreach (var stage in figures.Stages)
            Write(json, stage);
        json.WriteEndArray();
        json.WriteString("heldBackBy"u8, figures.HeldBackBy);
        json.WriteStartObject("chunkTook"u8);
        json.WriteNumber("count"u8, figures.ChunksEnded);
        WriteDuration(json, "p50"u8, figures.TookMedian);
        WriteDuration(json, "p95"u8, figures.TookHigh);
        WriteDuration(json, "max"u8, figures.TookMost);
        json.WriteEndObject();
        json.WriteNumber("skew"u8, Math.Round(figures.Skew, 2));
        if (figures is { GainSlots: { } slots, GainSeconds: { } seconds })
        {
            json.WriteStartObject("gain"u8);
            json.WriteNumber("slots"u8, slots);
            json.WriteNumber("seconds"u8, Math.Round(seconds, 1));
            json.WriteEndObject();
        }
        else
            json.WriteNull("gain"u8);
        json.WriteStartArray("stragglers"u8);
        foreach (var chunk in figures.Stragglers)
        {
            json.WriteStartObject();
            json.WriteNumber("no"u8, chunk.No);
            json.WriteString("node"u8, chunk.Node);
            WriteDuration(json, "runningFor"u8, chunk.Micros);
            json.WriteString("secondRunOn"u8, chunk.SecondNode);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Writes a chunk.</summary>
    public static void Write(Utf8JsonWriter json, JobChunk chunk)
    {
        json.WriteStartObject();
        json.WriteNumber("no"u8, chunk.No);
        json.WriteString("state"u8, chunk.State);
        json.WriteString("node"u8, chunk.Node);
        json.WriteNumber("attempt"u8, chunk.Attempt);
        if (chunk.Items is { } items)
            json.WriteNumber("items"u8, items);
        else
            json.WriteNull("items"u8);
        WriteDuration(json, "took"u8, chunk.Micros);
        json.WriteNumber("first"u8, chunk.First);
        json.WriteNumber("length"u8, chunk.Length);
        TaskJson.WriteTime(json, EndedAt, chunk.EndedAt);
        json.WriteString("secondRunOn"u8, chunk.SecondNode);
        json.WriteEndObject();
    }

    /// <summary>Writes a point of the history.</summary>
    public static void Write(Utf8JsonWriter json, JobPoint point)
    {
        json.WriteStartObject();
        TaskJson.WriteTime(json, At, point.At);
        json.WriteNumber("items"u8, point.Items);
        json.WritePropertyName("aggregate"u8);
        if (point.Aggregate.IsEmpty)
            json.WriteNullValue();
        else
            json.WriteRawValue(point.Aggregate.Span, skipInputValidation: true);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, JobStage stage)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, stage.Name);
        json.WriteString("unit"u8, stage.Unit);
        json.WriteNumber("done"u8, stage.Done);
        if (stage.Total is { } total)
            json.WriteNumber("total"u8, total);
        else
            json.WriteNull("total"u8);
        json.WriteNumber("perSecond"u8, double.IsFinite(stage.PerSecond) ? Math.Round(stage.PerSecond, 1) : 0);
        json.WriteEndObject();
    }

    private static void WriteDuration(Utf8JsonWriter json, ReadOnlySpan<byte> name, long? micros)
    {
        // The worker reports the duration, so do not trust it: cap it at about a century, which TimeSpan can hold.
        if (micros is { } value)
            json.WriteString(name, Durations.Format(TimeSpan.FromMicroseconds(Math.Min(value, 3_000_000_000_000_000))));
        else
            json.WriteNull(name);
    }
}
