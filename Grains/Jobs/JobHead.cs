using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Binary;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Storage;

namespace OrleansTasks.Jobs;

/// <summary>
/// The part of a job's spec that showing the job needs: a few hundred bytes, however many items the spec brings. Stored once, in its
/// binary form, when the job is created. A job that an earlier program created has none.
/// </summary>
/// <param name="Kind">The kind of its source; stored as its number, so kinds keep their order.</param>
/// <param name="First">The first integer of a range; 0 for any other source.</param>
/// <param name="Count">How many items there are; null when not known, as of a stream, a command and a file.</param>
/// <param name="KeepsOrder">Whether collected results come in the source's order.</param>
/// <param name="Plan">What is done with the items.</param>
internal sealed record JobHead(JobSourceKind Kind, long First, long? Count, bool KeepsOrder, ProcessingPlan Plan)
{
    private const byte Version = 1;

    public static JobHead Of(JobSpec spec) => new(spec.Source.Kind, spec.Source.From, spec.Source.Count, spec.KeepsOrder, spec.Plan);

    /// <summary>
    /// Reads the binary form. Throws <see cref="FormatException"/> when it is damaged or of another version; the job is then shown with
    /// what its row's columns tell.
    /// </summary>
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

    /// <summary>
    /// Returns a spec with which the job of the row can be shown. It has no items, pace, command or path, so a job must not be run with it.
    /// </summary>
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
