using System.CommandLine;
using System.Text.Json.Nodes;
using static OrleansTasks.Cli.SpecFields;

namespace OrleansTasks.Cli.Definitions;

/// <summary>The options with which a run of a definition gets its parameters.</summary>
internal sealed class RunOptions
{
    private readonly Option<string[]> param = Many(
        "--param", "NAME=VALUE", "a parameter of the definition; NAME alone takes the value of that variable here");

    private readonly Option<long?> version = NumberOption.Whole("--version", "the version of the definition [default: the latest]");

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(param);
        command.Add(version);
    }

    /// <summary>Returns whether one of the options is given.</summary>
    public bool AreIn(ParseResult result) => result.GetValue(param) is { Length: > 0 } || result.GetValue(version) is not null;

    /// <summary>Returns the body of the call. Throws <see cref="UsageException"/>.</summary>
    public JsonObject Read(ParseResult result)
    {
        var body = new JsonObject();
        Set(body, "parameters", Pairs.Read(param.Name, result.GetValue(param), fromEnvironment: true));
        Set(body, "version", result.GetValue(version));
        return body;
    }
}
