using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Workflows;

/// <summary>Reads the field <c>nodes</c> of a WorkflowSpec.</summary>
internal static partial class NodeReader
{
    private const string NameForm = "[A-Za-z0-9][A-Za-z0-9._-]{0,62}";
    private static readonly string[] Names = ["name", "task", "job", "after", "mayFail", "forEach"];
    private static readonly string[] AfterNames = ["node", "on"];

    /// <summary>Reads the value that the reader stands before; what is wrong is in the reader's errors.</summary>
    public static void Read(ref StrictReader reader, long now, List<NodeDraft> nodes)
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
            ReadOne(ref reader, $"nodes[{count}]", now, node);
            edges += node.After.Count;
        }

        if (count is 0 or > WorkflowSpec.MostNodes)
            reader.Errors.Add("nodes", $"has {count} items; 1 to {WorkflowSpec.MostNodes} are allowed");
        if (edges > WorkflowSpec.MostEdges)
            reader.Errors.Add(
                "nodes", $"has {edges} items of after in all; at most {WorkflowSpec.MostEdges} are allowed");
    }

    private static void ReadOne(ref StrictReader reader, string path, long now, NodeDraft node)
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
                    reader.Errors.Add(
                        $"{path}.{Names[field]}", $"a node cannot have a {Names[field]} yet; give a task");
                    reader.Skip();
                    break;
            }
        }

        if (!seen.Has(Array.IndexOf(Names, "name")))
            reader.Errors.Add($"{path}.name", "is missing; give a name that is unique in the workflow");
        if (!seen.Has(Array.IndexOf(Names, "task")) && !seen.Has(Array.IndexOf(Names, "job")))
            reader.Errors.Add($"{path}.task", "is missing; give the task that the node runs");
    }

    private static string ReadName(ref StrictReader reader, string path)
    {
        if (reader.String(path) is not { } name)
            return "";
        if (!NamePattern().IsMatch(name))
            reader.Errors.AddRule(path, $"must match {NameForm}");
        return name;
    }

    private static void ReadTask(ref StrictReader reader, string path, long now, NodeDraft node)
    {
        var errors = reader.Errors;
        var outer = errors.Prefix;
        errors.Prefix = outer is null ? path : $"{outer}.{path}";
        node.Task = TaskSpecReader.Read(ref reader, now, out var extent);
        node.Extent = extent;
        node.Task.Result ??= true;
        if (!node.Task.After.IsEmpty)
            errors.Add("after", "must be left out; what the node waits for stands in its own after");
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
