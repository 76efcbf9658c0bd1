using System.Text.Json.Nodes;

namespace OrleansTasks.Client.Tests.Contract;

/// <summary>A schema of the contract, as the generators of types read it.</summary>
/// <param name="Json">The schema without null.</param>
/// <param name="IsNullable">Whether null is a value.</param>
internal sealed record ContractSchema(JsonObject Json, bool IsNullable)
{
    /// <summary>The name of the schema that this one refers to; null without one.</summary>
    public string? Reference => ((string?)Json["$ref"])?.Split('/')[^1];

    /// <summary>The type in JSON; null without one.</summary>
    public string? Type => (string?)(Json["type"] is JsonArray types ? types[0] : Json["type"]);

    /// <summary>The words that the value may be; null if it may be others.</summary>
    public string[]? Words => Json["enum"] is JsonArray words ? [.. words.Where(static word => word is not null).Select(static word => (string)word!)] : null;

    /// <summary>The schemas of which the value has one; empty if it has a type of its own.</summary>
    public IEnumerable<ContractSchema> Either => (Json["oneOf"] as JsonArray ?? []).Select(static schema => Of(schema!.AsObject()));

    /// <summary>The members of an object.</summary>
    public IEnumerable<(string Name, ContractSchema Schema, bool IsRequired)> Members
    {
        get
        {
            var required = (Json["required"] as JsonArray ?? []).Select(static name => (string)name!).ToHashSet();
            return (Json["properties"] as JsonObject ?? [])
                .Select(member => (member.Key, Of(member.Value!.AsObject()), required.Contains(member.Key)));
        }
    }

    /// <summary>Whether it is an object with members of its own, which becomes a type.</summary>
    public bool IsRecord => Json["properties"] is not null;

    /// <summary>The values of an object with any names; null if it is not one, or if its values are any JSON.</summary>
    public ContractSchema? Values => Type == "object" && Json["additionalProperties"] is JsonObject values ? Of(values) : null;

    /// <summary>The items of a list.</summary>
    public ContractSchema Items => Of(Json["items"]!.AsObject());

    /// <summary>Whether it is sent by the caller.</summary>
    public bool IsBody => (bool?)Json["additionalProperties"] == false;

    /// <summary>What it means.</summary>
    public string Description => (string?)Json["description"] ?? "";

    /// <summary>Reads a schema.</summary>
    public static ContractSchema Of(JsonObject json)
    {
        if (json["oneOf"] is not JsonArray { Count: 2 } either || (string?)either[1]!["type"] != "null")
            return new ContractSchema(json, json["type"] is JsonArray types && types.Any(static type => (string?)type == "null"));
        var schema = either[0]!.DeepClone().AsObject();
        schema["description"] = json["description"]?.DeepClone();
        return new ContractSchema(schema, true);
    }
}
