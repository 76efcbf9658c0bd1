using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>
/// Fields of an answer may have other types than the contract says: otask ends with a message, or goes on.
/// </summary>
public sealed class OddFieldTests : GatewayCommandLines
{
    private static readonly string[] Values = ["null", "7", "\"x\"", "true", "[]", "{}", "[null]", "[{}]", "1e400"];

    private static readonly string[] Fields =
    [
        .. FieldsOf(JsonNode.Parse(File.ReadAllText(Path.Combine(BuiltPrograms.Repository, "docs/openapi.json")))).Distinct(),
    ];

    // A command that follows the output of a task tries for twelve seconds to go on.
    public static TheoryData<string> ShortCommands => [.. Commands.Except(["run"])];

    [Theory]
    [MemberData(nameof(ShortCommands))]
    public async Task FieldsOfOtherKinds_AreNoDefectOfOtask(string command)
    {
        byte[] answer = [];
        var line = LineOf(command);
        await using var gateway = await StubGateway.StartWithOne(() => answer);
        foreach (var value in Values)
        {
            foreach (var isList in (bool[])[false, true])
            {
                var fields = AnswerOf(value);
                if (isList)
                    fields["items"] = new JsonArray(fields.DeepClone());
                answer = Encoding.UTF8.GetBytes(fields.ToJsonString());
                // An exception that otask did not expect would come out of here.
                var ended = await gateway.Otask(line);
                Assert.True(ended.ExitCode is 0 or 1 or >= 4 || command == "explain", $"{command}, {value}: {ended}");
            }
        }
    }

    // Has each field of the contract with one value, except those that decide whether otask asks again.
    private static JsonObject AnswerOf(string value)
    {
        var answer = new JsonObject();
        foreach (var field in Fields)
            answer[field] = JsonNode.Parse(value);
        answer["state"] = "succeeded";
        answer["nextCursor"] = null;
        answer["next"] = null;
        return answer;
    }

    private static IEnumerable<string> FieldsOf(JsonNode? schema) => schema switch
    {
        JsonArray list => list.SelectMany(FieldsOf),
        JsonObject fields => fields.SelectMany(static one =>
            (one is { Key: "properties", Value: JsonObject own } ? own.Select(static field => field.Key) : [])
            .Concat(FieldsOf(one.Value))),
        _ => [],
    };
}
