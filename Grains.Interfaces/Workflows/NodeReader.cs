using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansTasks.Definitions;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Workflows;

/// <summary>Reads the field <c>nodes</c> of a WorkflowSpec.</summary>
internal static partial class NodeReader
{
    private const string NameForm = "[A-Za-z0-9][A-Za-z0-9._-]{0,62}";
    private const string NoName = "is missing; give a name that is unique in the workflow";
    private static readonly string[] Names = ["name", "task", "job", "after", "mayFail", "forEach"];
    private static readonly string[] UseNames = [.. Names, NodeExpansion.Field];
    private static readonly string[] AfterNames = ["node", "on"];

    /// <summary>Reads the value at which the reader is positioned and adds each fault to the reader's errors.</summary>
    /// <param name="reader">The reader, positioned at the value.</param>
    /// <param name="utf8">The whole document that the reader reads.</param>
    /// <param name="now">The current time in Unix milliseconds; a task's <c>expiresAt</c> must be later.</param>
    /// <param name="nodes">The list to which the nodes are added.</param>
    public static void Read(ref StrictReader reader, ReadOnlySpan<byte> utf8, long now, List<NodeDraft> nodes)
    {
        if (!reader.IsArray("nodes"))
            return;
        var (count, edges) = (0, 0);
        for (; reader.Read() && reader.Token != JsonTokenType.EndArray; count++)
        {
            if (count >= WorkflowSpec.MostNodes)
            {
                reader.Skip();
                continue;
            }

            var node = new NodeDraft();
            nodes.Add(node);
            ReadOne(ref reader, utf8, $"nodes[{count}]", now, node);
            edges += node.After.Count;
        }

        if (count is 0 or > WorkflowSpec.MostNodes)
            reader.Errors.Add("nodes", $"has {count} items; 1 to {WorkflowSpec.MostNodes} are allowed");
        if (edges > WorkflowSpec.MostEdges)
            reader.Errors.Add(
                "nodes", $"has {edges} items of after in total; at most {WorkflowSpec.MostEdges} are allowed");
    }

    /// <summary>
    /// Adds the faults of the fields that a node has beside the definition that it names. <see cref="Read"/> does not
    /// see these fields as written: it reads the nodes and conditions that the service writes in their place.
    /// </summary>
    /// <param name="node">The node, an object.</param>
    /// <param name="path">The path of the node.</param>
    /// <param name="errors">The object to which faults are added.</param>
    public static void CheckUse(JsonElement node, string path, SpecErrors errors)
    {
        var reader = new StrictReader(Encoding.UTF8.GetBytes(node.GetRawText()), errors);
        reader.Read();
        if (!reader.IsObject(path))
            return;
        var (seen, hasName) = (default(SeenFields), false);
        while (reader.NextField(UseNames, ref seen, path, out var field))
        {
            // Beside a definition, null is the same as leaving a field out.
            if (reader.Token == JsonTokenType.Null)
                continue;
            switch (UseNames[field])
            {
                case "name":
                    hasName = true;
                    ReadName(ref reader, $"{path}.name");
                    break;
                case "after":
                    ReadAfter(ref reader, $"{path}.after", new NodeDraft());
                    break;
                case "mayFail":
                    reader.Boolean($"{path}.mayFail");
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (!hasName)
            errors.Add($"{path}.name", NoName);
    }

    /// <summary>Adds the faults of a node's conditions, which the service writes in another form.</summary>
    /// <param name="after">The conditions.</param>
    /// <param name="path">The path of the conditions.</param>
    /// <param name="errors">The object to which faults are added.</param>
    public static void CheckAfter(JsonElement after, string path, SpecErrors errors)
    {
        var reader = new StrictReader(Encoding.UTF8.GetBytes(after.GetRawText()), errors);
        reader.Read();
        ReadAfter(ref reader, path, new NodeDraft());
    }

    private static void ReadOne(
        ref StrictReader reader, ReadOnlySpan<byte> utf8, string path, long now, NodeDraft node)
    {
        if (!reader.IsObject(path))
            return;
        var seen = default(SeenFields);
        while (reader.NextField(Names, ref seen, path, out var field))
        {
            switch (Names[field])
            {
                case "name":
                    node.Name = ReadName(ref reader, $"{path}.name");
                    break;
                case "task":
                    ReadTask(ref reader, $"{path}.task", now, node);
                    break;
                case "after":
                    ReadAfter(ref reader, $"{path}.after", node);
                    break;
                case "mayFail":
                    node.MayFail = reader.Boolean($"{path}.mayFail") ?? false;
                    break;
                case "forEach":
                    node.ForEach = ForEachReader.Read(ref reader, $"{path}.forEach");
                    break;
                default:
                    ReadJob(ref reader, utf8, $"{path}.job", node);
                    break;
            }
        }

        CheckFields(seen, path, reader.Errors);
    }

    private static void CheckFields(in SeenFields seen, string path, SpecErrors errors)
    {
        var (task, job) = (Has(seen, "task"), Has(seen, "job"));
        if (!Has(seen, "name"))
            errors.Add($"{path}.name", NoName);
        if (!task && !job)
            errors.Add($"{path}.task", "is missing; give the task or the job that the node runs");
        else if (task && job)
            errors.Add($"{path}.job", "task and job exclude each other; give one of them");
        else if (job && Has(seen, "forEach"))
            errors.Add($"{path}.forEach", "is valid only with a task, not with a job");
    }

    private static bool Has(in SeenFields seen, string name) => seen.Has(Array.IndexOf(Names, name));

    private static string ReadName(ref StrictReader reader, string path)
    {
        if (reader.String(path) is not { } name)
            return "";
        var isPath = reader.Errors.AllowsNodePaths && name.Length <= SpecRules.LongestName;
        if (!(isPath ? name.Split('/').All(static part => NamePattern().IsMatch(part)) : NamePattern().IsMatch(name)))
            reader.Errors.AddRule(path, $"must match {NameForm}");
        return name;
    }

    private static void ReadTask(ref StrictReader reader, string path, long now, NodeDraft node)
    {
        var errors = reader.Errors;
        var outer = errors.Prefix;
        errors.Prefix = outer is null ? path : $"{outer}.{path}";
        node.Task = TaskSpecReader.Read(ref reader, now, out var extent, isNode: true);
        node.Extent = extent;
        node.Task.Result ??= true;
        if (!node.Task.After.IsEmpty)
            errors.Add("after", "is not allowed; use the node's own after");
        if (node.Task.Unique is not null)
            errors.AddRule("unique", "is not allowed: a workflow is accepted or refused as a whole");
        errors.Prefix = outer;
    }

    private static void ReadJob(ref StrictReader reader, ReadOnlySpan<byte> utf8, string path, NodeDraft node)
    {
        var errors = reader.Errors;
        var outer = errors.Prefix;
        errors.Prefix = outer is null ? path : $"{outer}.{path}";
        node.Job = JobSpecReader.Read(ref reader, utf8, out var extent);
        node.Extent = extent;
        if (node.Job.Source.Kind == JobSourceKind.Stream)
            errors.AddRule("source.stream", "must not be a stream: a workflow's job receives no posted items");
        errors.Prefix = outer;
    }

    private static void ReadAfter(ref StrictReader reader, string path, NodeDraft node)
    {
        if (!reader.IsArray(path))
            return;
        for (var i = 0; reader.Read() && reader.Token != JsonTokenType.EndArray; i++)
            node.After.Add(ReadEdge(ref reader, $"{path}[{i}]"));
    }

    private static (string Node, EndCondition On) ReadEdge(ref StrictReader reader, string path)
    {
        if (reader.Token == JsonTokenType.String)
            return (reader.String(path) ?? "", EndCondition.Succeeded);
        var edge = (Node: "", On: EndCondition.Succeeded);
        if (reader.Token != JsonTokenType.StartObject)
        {
            reader.Skip();
            reader.Errors.Add(
                path, """must be the name of a node, or {"node": name, "on": "succeeded", "failed" or "ended"}""");
            return edge;
        }

        var seen = default(SeenFields);
        while (reader.NextField(AfterNames, ref seen, path, out var field))
        {
            if (field == 0)
                edge.Node = reader.String($"{path}.node") ?? "";
            else if (reader.String($"{path}.on") is { } on && !EndConditions.TryParse(on, out edge.On))
                reader.Errors.Add($"{path}.on", $"must be one of {string.Join(", ", EndConditions.AllNames)}");
        }

        if (!seen.Has(0))
            reader.Errors.Add($"{path}.node", "is missing; give the name of a node");
        return edge;
    }

    [GeneratedRegex($@"\A{NameForm}\z")]
    private static partial Regex NamePattern();
}
