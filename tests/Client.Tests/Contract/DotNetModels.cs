using System.Text;
using System.Text.Json.Nodes;

namespace OrleansTasks.Client.Tests.Contract;

/// <summary>
/// Generates the .NET client's models of the contract. An answer's members all have defaults, because a gateway of an
/// earlier version sends fewer members, as does any gateway to a key without the scope read.
/// </summary>
/// <param name="schemas">The schemas of the document.</param>
internal sealed class DotNetModels(JsonObject schemas)
{
    private const int Widest = 120;

    // A property of other models is called Queue.
    private static readonly Dictionary<string, string> Renamed = new() { ["Queue"] = "QueueDetails" };

    private readonly Dictionary<string, string> enumerations = [];
    private readonly Queue<string> later = [];

    /// <summary>Returns the source of models.</summary>
    /// <param name="names">The schemas that become models.</param>
    public string Of(IEnumerable<string> names)
    {
        var text = new StringBuilder("""
            // Generated from docs/openapi.json by ContractFileTests. Do not edit.
            using System.Text.Json.Serialization;
            using OrleansTasks.ApiClient.Json;

            namespace OrleansTasks.ApiClient;

            """);
        foreach (var name in names)
        {
            text.Append('\n').Append(Record(name, Named(name)));
            while (later.TryDequeue(out var other))
                text.Append('\n').Append(other);
        }

        return text.ToString();
    }

    private ContractSchema Named(string name) => ContractSchema.Of(schemas[name]!.AsObject());

    private string Record(string name, ContractSchema schema)
    {
        var members = schema.Members.Select(member => Member(name, member.Name, member.Schema, schema.IsBody));
        return $"{Summary(schema, "")}public sealed record {Renamed.GetValueOrDefault(name, name)}\n{{\n{string.Join('\n', members)}}}\n";
    }

    private string Member(string record, string name, ContractSchema schema, bool isBody)
    {
        const string indent = "    ";
        var type = Type(record + Pascal(name), schema);
        var summary = Summary(schema, indent);
        if (isBody && schema.IsNullable)
            return $"{summary}{indent}[JsonConverter(typeof(SettingConverter<{type}>))]\n"
                + $"{indent}public Setting<{type}>? {Pascal(name)} {{ get; init; }}\n";
        var initial = schema.IsNullable ? "" : type switch
        {
            "string" => " = \"\";",
            _ when type.StartsWith("IReadOnlyList<", StringComparison.Ordinal) => " = [];",
            _ when type.StartsWith("IReadOnlyDictionary<", StringComparison.Ordinal) => $" = new {type[1..].Replace("ReadOnly", "", StringComparison.Ordinal)}();",
            _ when schema.Type == "object" || (schema.Reference is { } other && Named(other).Type == "object") => " = new();",
            _ => "",
        };
        return $"{summary}{indent}public {type}{(schema.IsNullable ? "?" : "")} {Pascal(name)} {{ get; init; }}{initial}\n";
    }

    private string Type(string name, ContractSchema schema)
    {
        switch (schema)
        {
            case { Reference: { } reference }:
                return Named(reference) is { IsRecord: true } ? Renamed.GetValueOrDefault(reference, reference) : Type(reference, Named(reference));
            case { Words: { } words }:
                return Enumeration(name, schema, words);
            case { Type: "array" }:
                return $"IReadOnlyList<{Type(name, schema.Items)}>";
            case { Values: { } values }:
                return $"IReadOnlyDictionary<string, {Type(name, values)}>";
            case { Type: "object" }:
                later.Enqueue(Record(name, schema));
                return name;
            case { Type: "integer" }:
                return schema.Json["format"] is null ? "int" : "long";
            case { Type: "number" }:
                return "double";
            case { Type: "boolean" }:
                return "bool";
            default:
                return (string?)schema.Json["format"] == "date-time" ? "DateTimeOffset" : "string";
        }
    }

    // The same words have one type, that of the schema which has them first.
    private string Enumeration(string name, ContractSchema schema, string[] words)
    {
        var key = string.Join(' ', words);
        if (enumerations.TryGetValue(key, out var known))
            return known;
        enumerations[key] = name;
        var naming = words.Any(static word => word.Contains('-')) ? "Kebab" : "Camel";
        var values = words.Select(static word => $"\n    /// <summary>The word <c>{word}</c>.</summary>\n    {Pascal(word)},\n");
        later.Enqueue(Summary(schema, "") + $$"""
            [JsonConverter(typeof({{naming}}WordConverter<{{name}}>))]
            public enum {{name}}
            {
                /// <summary>A word that this version of the package does not know.</summary>
                Unknown,
            {{string.Concat(values)}}}

            """);
        return name;
    }

    private static string Pascal(string name) =>
        string.Concat(name.Split('-').Select(static part => char.ToUpperInvariant(part[0]) + part[1..]));

    private static string Summary(ContractSchema schema, string indent)
    {
        Assert.True(schema.Description.Length > 0, $"A member has no description: {schema.Json.ToJsonString()}");
        var words = schema.Description.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
        var prefix = indent + "/// ";
        if (prefix.Length + words.Length + "<summary></summary>".Length <= Widest)
            return $"{prefix}<summary>{words}</summary>\n";
        var (lines, line) = (new StringBuilder(prefix + "<summary>\n"), prefix.TrimEnd());
        foreach (var word in words.Split(' '))
        {
            if (line.Length + 1 + word.Length > Widest)
            {
                lines.Append(line).Append('\n');
                line = prefix.TrimEnd();
            }

            line += " " + word;
        }

        return lines.Append(line).Append('\n').Append(prefix).Append("</summary>\n").ToString();
    }
}
