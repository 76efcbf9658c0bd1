using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Binary;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The part of a spec that is needed to show a job: a few hundred bytes, whereas a spec can carry megabytes of items.
/// Stored in binary form when the job is created; never changes. The binary form contains the number of
/// <paramref name="Kind"/>, so the order of the kinds must not change. <paramref name="First"/> is a range's first
/// integer, otherwise 0; <paramref name="Count"/> is null if unknown.
/// </summary>
internal sealed record JobHead(JobSourceKind Kind, long First, long? Count, bool KeepsOrder, ProcessingPlan Plan)
{
    private const byte Version = 1;

    public JobPlace? Workflow { get; init; }

    public static JobHead Of(JobSpec spec) => new(spec.Source.Kind, spec.Source.From, spec.Source.Count, spec.KeepsOrder, spec.Plan)
    {
        Workflow = spec.Workflow,
    };

    /// <summary>Reads the binary form. Throws <see cref="FormatException"/> if damaged or of another version.</summary>
    public static JobHead Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes, isOwn: true);
        if (reader.Byte() != Version)
            throw new FormatException("The stored head of a job has a version that this program does not support.");
        var kind = (JobSourceKind)reader.Byte();
        var first = reader.Signed();
        var hasCount = reader.Flag();
        var count = reader.Signed();
        var keepsOrder = reader.Flag();
        var place = reader.Flag() ? ReadPlace(ref reader) : null;
        return new JobHead(kind, first, hasCount ? count : null, keepsOrder, ProcessingPlan.Read(reader.Rest))
        {
            Workflow = place,
        };
    }

    public byte[] ToBytes()
    {
        var writer = new ByteWriter();
        writer.Byte(Version);
        writer.Byte((byte)Kind);
        writer.Signed(First);
        writer.Flag(Count is not null);
        writer.Signed(Count ?? 0);
        writer.Flag(KeepsOrder);
        writer.Flag(Workflow is not null);
        if (Workflow is { } place)
        {
            writer.Text(place.Workflow.ToString());
            writer.Text(place.Node);
        }

        writer.Raw(Plan.ToBytes());
        return writer.ToArray();
    }

    /// <summary>
    /// Returns a spec that can only show the job: it lacks the items, the source's command or path, the pace, the
    /// required labels and the limits. Never run a job with it.
    /// </summary>
    public JobSpec ToSpec(JobRow row) => new()
    {
        Name = row.Name,
        Queue = row.Queue,
        Labels = row.Labels,
        Source = new JobSource(Kind, First, 0, default, Count),
        KeepsOrder = KeepsOrder,
        Plan = Plan,
        Workflow = Workflow,
    };

    private static JobPlace ReadPlace(ref ByteReader reader) =>
        TaskId.TryParse(reader.Text(), out var workflow) && reader.Text() is { } node
            ? new JobPlace(workflow, node)
            : throw new FormatException("The stored head of a job names no workflow.");
}
