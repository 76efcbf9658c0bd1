using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Binary;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Storage;

namespace OrleansTasks.Jobs;

/// <summary>What showing a job needs of its spec: a few hundred bytes, however many items the spec brings.</summary>
/// <param name="Kind">Its source.</param>
/// <param name="First">Of a range: its first integer.</param>
/// <param name="Count">How many items there are; null when nobody knows.</param>
/// <param name="KeepsOrder">Whether collected results come in the source's order.</param>
/// <param name="Plan">What is done with the items.</param>
internal sealed record JobHead(JobSourceKind Kind, long First, long? Count, bool KeepsOrder, ProcessingPlan Plan)
{
    private const byte Version = 1;

    /// <summary>The head of a spec.</summary>
    public static JobHead Of(JobSpec spec) => new(spec.Source.Kind, spec.Source.From, spec.Source.Count, spec.KeepsOrder, spec.Plan);

    /// <summary>Reads the binary form; throws <see cref="FormatException"/>.</summary>
    public static JobHead Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes, isOwn: true);
        if (reader.Byte() != Version)
            throw new FormatException("A job's head is of a version that this program does not know.");
        var kind = (JobSourceKind)reader.Byte();
        var first = reader.Signed();
        var hasCount = reader.Flag();
        var count = reader.Signed();
        return new JobHead(kind, first, hasCount ? count : null, reader.Flag(), ProcessingPlan.Read(reader.Rest));
    }

    /// <summary>The binary form.</summary>
    public byte[] ToBytes()
    {
        var writer = new ByteWriter();
        writer.Byte(Version);
        writer.Byte((byte)Kind);
        writer.Signed(First);
        writer.Flag(Count is not null);
        writer.Signed(Count ?? 0);
        writer.Flag(KeepsOrder);
        writer.Raw(Plan.ToBytes());
        return writer.ToArray();
    }

    /// <summary>A spec that shows the job of a row as its own does, but brings no items.</summary>
    public JobSpec ToSpec(JobRow row) => new()
    {
        Name = row.Name,
        Queue = row.Partition.Queue,
        Labels = row.Labels,
        Source = new JobSource(Kind, First, 0, default, Count),
        KeepsOrder = KeepsOrder,
        Plan = Plan,
    };
}
