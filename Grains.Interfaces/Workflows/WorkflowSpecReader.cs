using System.Text.Json;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Workflows;

/// <summary>Reads a WorkflowSpec from JSON and reports all of its faults.</summary>
public static class WorkflowSpecReader
{
    private static readonly string[] Names = ["name", "labels", "queue", "onFailure", "nodes"];

    /// <summary>Reads a spec. Returns null if it has faults.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <param name="now">The current time in Unix milliseconds; a task's <c>expiresAt</c> must be later.</param>
    /// <param name="errors">The object to which faults are added, with paths such as <c>nodes[3].after[0]</c>.</param>
    public static WorkflowSpec? Read(ReadOnlySpan<byte> utf8, long now, SpecErrors errors)
    {
        try
        {
            var reader = new StrictReader(utf8, errors);
            reader.Read();
            var spec = Read(ref reader, utf8, now);
            reader.Finish();
            return errors.IsEmpty ? spec : null;
        }
        catch (JsonException fault)
        {
            errors.Malformed = StrictReader.Describe(fault);
            return null;
        }
    }

    /// <summary>
    /// Reads the object at which the reader is positioned, in a document of any kind. The returned spec is valid only
    /// if the reader's errors are empty.
    /// </summary>
    /// <param name="reader">The reader, positioned at the object.</param>
    /// <param name="utf8">The whole document.</param>
    /// <param name="now">See <see cref="Read(ReadOnlySpan{byte}, long, SpecErrors)"/>.</param>
    public static WorkflowSpec Read(ref StrictReader reader, ReadOnlySpan<byte> utf8, long now)
    {
        var nodes = new List<NodeDraft>();
        var start = reader.Start;
        var spec = Read(ref reader, utf8, now, nodes);
        (spec.Start, spec.End) = (start, reader.End);
        if (reader.Errors.IsEmpty)
            WorkflowNodes.Complete(spec, nodes, utf8, reader.Errors);
        return spec;
    }

    /// <summary>
    /// Reads a stored spec, even if it breaks rules that were added since it was accepted. Throws
    /// <see cref="FormatException"/> if it cannot be read.
    /// </summary>
    public static WorkflowSpec ReadStored(ReadOnlySpan<byte> utf8)
    {
        var errors = new SpecErrors { ChecksRules = false };
        return Read(utf8, 0, errors) ?? throw errors.Unreadable("workflow");
    }

    private static WorkflowSpec Read(
        ref StrictReader reader, ReadOnlySpan<byte> utf8, long now, List<NodeDraft> nodes)
    {
        var spec = new WorkflowSpec();
        if (!reader.IsObject(StrictReader.Root))
            return spec;
        var seen = default(SeenFields);
        while (reader.NextField(Names, ref seen, "", out var field))
        {
            switch (Names[field])
            {
                case "name":
                    spec.Name = ReadName(ref reader);
                    break;
                case "labels":
                    spec.Labels = TaskSpecReader.ReadLabels(ref reader, "labels");
                    break;
                case "queue":
                    ReadQueue(ref reader, spec);
                    break;
                case "onFailure":
                    ReadRule(ref reader, spec);
                    break;
                default:
                    NodeReader.Read(ref reader, utf8, now, nodes);
                    break;
            }
        }

        if (!seen.Has(Array.IndexOf(Names, "nodes")))
            reader.Errors.Add("nodes", $"is missing; give an array of 1 to {WorkflowSpec.MostNodes} nodes");
        return spec;
    }

    private static string ReadName(ref StrictReader reader)
    {
        if (reader.String("name") is not { } name)
            return "";
        if (SpecRules.FaultOfText(name, SpecRules.LongestName) is { } fault)
            reader.Errors.AddRule("name", fault);
        else if (name.Length == 0)
            reader.Errors.Add("name", "is empty; give a name or omit it");
        return name;
    }

    private static void ReadQueue(ref StrictReader reader, WorkflowSpec spec)
    {
        if (reader.String("queue") is not { } queue)
            return;
        spec.Queue = queue;
        if (!SpecRules.IsQueueName(queue))
            reader.Errors.AddRule("queue", $"must match {SpecRules.QueueName}");
    }

    private static void ReadRule(ref StrictReader reader, WorkflowSpec spec)
    {
        if (reader.String("onFailure") is not { } name)
            return;
        var index = WorkflowNames.AllRules.ToList().IndexOf(name);
        if (index < 0)
            reader.Errors.Add(
                "onFailure",
                $"is '{StrictReader.Quote(name)}'; allowed are {string.Join(", ", WorkflowNames.AllRules)}");
        spec.OnFailure = (FailureRule)Math.Max(index, 0);
    }
}
