using System.Buffers;
using System.Text.Json;
using OrleansTasks.Processing.Chunks;

namespace OrleansTasks.Processing.Aggregates;

/// <summary>
/// Keeps the results themselves, as lines of JSON.
/// The lines are sent with the partial and stored next to it; merged partials keep only their count.
/// </summary>
internal sealed class CollectState(AggregateSpec spec) : AggregateState(spec)
{
    /// <summary>The maximum size of one chunk's results, in bytes.</summary>
    public const int Most = ChunkReport.Most;

    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private readonly ArrayBufferWriter<byte> lines = new();
    private Utf8JsonWriter? writer;
    private long count;
    private Value seen;

    /// <summary>The results of this chunk, one JSON value per line.</summary>
    public ReadOnlyMemory<byte> Lines => lines.WrittenMemory;

    public override string? Refuse(in Value result) => Select(result, Spec.Value, "value", out seen);

    public override void Take()
    {
        writer ??= new Utf8JsonWriter(lines, Options);
        writer.Reset(lines);
        seen.Write(writer);
        writer.Flush();
        lines.Write("\n"u8);
        count++;
    }

    public override void Merge(AggregateState other) => count += ((CollectState)other).count;

    public override void Write(ByteWriter target) => target.Signed(count);

    public override void Read(ref ByteReader reader) => count = reader.Amount();

    public override void WriteOutcome(Utf8JsonWriter json) => json.WriteNumberValue(count);
}
