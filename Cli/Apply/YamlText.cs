using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace OrleansTasks.Cli.Apply;

/// <summary>
/// Reads YAML as JSON. Values that JSON lacks, such as dates, become strings. Aliases and tags are refused, because
/// they make a file mean more than it shows.
/// </summary>
internal static partial class YamlText
{
    private const int Deepest = 64;

    /// <summary>
    /// Returns the documents of a text. Throws <see cref="JsonException"/>, whose message says what is wrong.
    /// </summary>
    public static List<JsonNode?> Read(string text)
    {
        try
        {
            var parser = new Parser(new StringReader(text));
            var documents = new List<JsonNode?>();
            parser.Consume<StreamStart>();
            while (!parser.Accept<StreamEnd>(out _))
            {
                parser.Consume<DocumentStart>();
                documents.Add(Value(parser, 0));
                parser.Consume<DocumentEnd>();
            }

            return documents;
        }
        catch (YamlException fault)
        {
            throw new JsonException($"{fault.Message.TrimEnd('.')} (line {fault.Start.Line}).");
        }
    }

    private static JsonNode? Value(Parser parser, int depth)
    {
        var start = parser.Current!.Start;
        if (depth > Deepest)
            throw new YamlException(start, start, $"The file is more than {Deepest} levels deep");
        if (parser.Current is NodeEvent { Tag.IsEmpty: false, Tag.IsNonSpecific: false } or AnchorAlias)
            throw new YamlException(start, start, "Aliases and tags are not allowed");
        if (parser.TryConsume<Scalar>(out var scalar))
            return Of(scalar);
        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new JsonArray();
            while (!parser.TryConsume<SequenceEnd>(out _))
                items.Add(Value(parser, depth + 1));
            return items;
        }

        parser.Consume<MappingStart>();
        var members = new JsonObject();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var name = parser.Consume<Scalar>();
            if (members.ContainsKey(name.Value))
                throw new YamlException(name.Start, name.End, $"An object has the name '{name.Value}' more than once");
            members[name.Value] = Value(parser, depth + 1);
        }

        return members;
    }

    private static JsonNode? Of(Scalar scalar) => scalar.Style != ScalarStyle.Plain ? JsonValue.Create(scalar.Value) : scalar.Value switch
    {
        "" or "~" or "null" => null,
        "true" or "false" => JsonValue.Create(scalar.Value == "true"),
        var text when Number().IsMatch(text) => JsonNode.Parse(text),
        var text => JsonValue.Create(text),
    };

    [GeneratedRegex(@"\A-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Number();
}
