using System.Text;
using System.Text.Json.Nodes;

namespace OrleansTasks.Client.Tests.Contract;

/// <summary>Generates the console's types of the contract.</summary>
/// <param name="schemas">The schemas of the document.</param>
internal sealed class TypeScriptTypes(JsonObject schemas)
{
    private readonly SortedSet<string> byHand = new(StringComparer.Ordinal);
    private readonly SortedSet<string> words = new(StringComparer.Ordinal);
    private HashSet<string> generated = [];

    /// <summary>Returns the source of types.</summary>
    /// <param name="names">The schemas that become types.</param>
    public string Of(IEnumerable<string> names)
    {
        generated = [.. names];
        var text = new StringBuilder();
        foreach (var name in generated)
        {
            var schema = Named(name);
            text.Append('\n').Append(Comment(schema, "")).Append($"export interface {name} {Object(schema, "")}\n");
        }

        foreach (var name in words)
            text.Append('\n').Append(Comment(Named(name), "")).Append($"export type {name} = {Words(Named(name))};\n");
        var imports = byHand.Count == 0 ? "" : $"import type {{ {string.Join(", ", byHand)} }} from \"./types\";\n";
        return "// Generated from docs/openapi.json by ContractFileTests. Do not edit.\n" + imports + text;
    }

    private ContractSchema Named(string name) => ContractSchema.Of(schemas[name]!.AsObject());

    private string Object(ContractSchema schema, string indent)
    {
        var inner = indent + "  ";
        var members = schema.Members.Select(member =>
            $"{Comment(member.Schema, inner)}{inner}{member.Name}{(member.IsRequired ? "" : "?")}: {Type(member.Schema, inner)};\n");
        return $"{{\n{string.Concat(members)}{indent}}}";
    }

    private string Type(ContractSchema schema, string indent)
    {
        var type = schema switch
        {
            { Reference: { } name } when Named(name) is { Words: not null } named => WordsOf(name) + (named.IsNullable ? " | null" : ""),
            { Reference: { } name } => Named(name) is { IsRecord: true } ? Reference(name) : Type(Named(name), indent),
            { Words: not null } => Words(schema),
            { Type: "array" } => Type(schema.Items, indent) is var item && item.Contains('|') ? $"({item})[]" : item + "[]",
            { IsRecord: true } => Object(schema, indent),
            { Type: "object" } => $"Record<string, {(schema.Values is { } values ? Type(values, indent) : "unknown")}>",
            { Type: "integer" } => "number",
            { Type: { } other } => other,
            _ when schema.Either.Any() => string.Join(" | ", schema.Either.Select(either => Type(either, indent))),
            _ => "unknown",
        };
        return schema.IsNullable ? type + " | null" : type;
    }

    private string WordsOf(string name)
    {
        words.Add(name);
        return name;
    }

    private static string Words(ContractSchema schema) => string.Join(" | ", schema.Words!.Select(static word => $"\"{word}\""));

    private string Reference(string name)
    {
        if (!generated.Contains(name))
            byHand.Add(name);
        return name;
    }

    private static string Comment(ContractSchema schema, string indent) =>
        schema.Description.Length == 0 ? "" : $"{indent}/** {schema.Description} */\n";
}
