using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Binary;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The part of a job's spec that is needed to show the job. A spec can carry megabytes of items;
/// a head has a few hundred bytes, so a list of jobs can be shown without reading their specs.
/// <see cref="JobRunner"/> has the head stored in its binary form when the job is created,
/// and <see cref="JobReading"/> reads the head to show the job. A head never changes.
/// </summary>
/// <param name="Kind">
/// The kind of the source. The binary form has its number, so the order of the kinds must not change.
/// </param>
/// <param name="First">The first integer of a range; 0 for any other source.</param>
/// <param name="Count">How many items there are; null when not known, as of a stream, a command and a file.</param>
/// <param name="KeepsOrder">Whether collected results come in the source's order.</param>
/// <param name="Plan">What is done with the items.</param>
internal sealed record JobHead(JobSourceKind Kind, long First, long? Count, bool KeepsOrder, ProcessingPlan Plan)
{
    private const byte Version = 1;

    /// <summary>The workflow's node that the job runs for; null outside a workflow.</summary>
    public JobPlace? Workflow { get; init; }

    /// <summary>Returns the head of a new job's spec.</summary>
    public static JobHead Of(JobSpec spec) => new(spec.Source.Kind, spec.Source.From, spec.Source.Count, spec.KeepsOrder, spec.Plan)
    {
        Workflow = spec.Workflow,
    };

    /// <summary>
    /// Reads the binary form. Throws <see cref="FormatException"/> when the bytes are damaged or of another version.
    /// <see cref="JobReading"/> then has only the columns of the job's row to show, such as its name and state.
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
        var keepsOrder = reader.Flag();
        var place = reader.Flag() ? ReadPlace(ref reader) : null;
        return new JobHead(kind, first, hasCount ? count : null, keepsOrder, ProcessingPlan.Read(reader.Rest))
        {
            Workflow = place,
        };
    }

    /// <summary>
    /// Returns the binary form: the version, then the fields in the order in which <see cref="Read"/> reads them.
    /// </summary>
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
    /// Returns a spec that is good only for showing the job. A job must never run with it, because it lacks the items,
    /// the pace, the source's command or path, the labels that nodes must have, and the limits.
    /// </summary>
    /// <param name="row">The job's row, which has the name, the queue and the labels.</param>
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
            : throw new FormatException("A job's head names no workflow.");
}
