using OrleansTasks.Jobs.Spec;

namespace OrleansTasks.Jobs;

internal sealed partial class JobCore
{
    /// <summary>Whether its items come in as they are there, rather than by cutting what is known.</summary>
    public bool IsFed => spec.Source.Kind is JobSourceKind.Stream or JobSourceKind.Command;

    /// <summary>Whether a command's output is still to be read.</summary>
    public bool ReadsCommand => spec.Source.Kind == JobSourceKind.Command && !isClosed && Phase == JobPhase.Reading;

    /// <summary>How many items have been cut.</summary>
    public long ItemsRead => cursor.Place;

    /// <summary>The source will give nothing more, too early.</summary>
    public void FailSource(string code, string message, int attempt, string node, long now)
    {
        Note(new JobFailure(0, null, code, message, null, attempt, node, now));
        Fail(code);
    }
}
