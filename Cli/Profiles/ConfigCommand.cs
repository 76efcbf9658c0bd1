using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Profiles;

/// <summary><c>otask config</c>: manages profiles, which are named gateways.</summary>
internal static class ConfigCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output) =>
        new("config", "manage profiles: named gateways and their keys")
        {
            Set(common, output), Use(output), List(common, output), Delete(output),
        };

    private static Argument<string> Name() => new("name") { Description = "the profile's name" };

    private static Command Set(CommonOptions common, TextWriter output)
    {
        var name = Name();
        var keyCommand = SpecFields.Text(
            "--key-command", "LINE", "a shell command that prints the key, instead of --key");
        var confirm = SpecFields.Text(
            "--confirm", "always|terminal", "when to ask before changing many tasks: always (the default) or terminal "
                + "(only in a terminal)");
        var command =
            new Command("set", "create or change a profile, with --url and --key") { name, keyCommand, confirm };
        command.SetAction(result =>
        {
            var file = ProfileFile.ReadOwn();
            var chosen = result.GetValue(name)!;
            var profile = file.Profiles.GetValueOrDefault(chosen) ?? new Profile();
            if (result.GetValue(common.Url) is { } url)
                profile = profile with { Url = CommonOptions.AddressOf(url).ToString() };
            if (result.GetValue(common.Key) is { } key)
                profile = profile with { Key = key, KeyCommand = null };
            if (result.GetValue(keyCommand) is { } line)
                profile = profile with { Key = null, KeyCommand = line };
            profile = result.GetValue(confirm) switch
            {
                null => profile,
                "always" => profile with { Confirm = null },
                "terminal" => profile with { Confirm = "terminal" },
                var other => throw UsageException.OfValue("--confirm", other, "always or terminal"),
            };
            if (profile.Url is null)
                throw new UsageException("A profile needs --url.");
            file.Profiles[chosen] = profile;
            // The first profile becomes the current one, because its user most likely made it to use it.
            new ProfileFile { Current = file.Current ?? chosen, Profiles = file.Profiles }.Write();
            output.WriteLine($"{TerminalText.Line(chosen)} set in {ProfileFile.Path}");
        });
        return command;
    }

    private static Command Use(TextWriter output)
    {
        var name = Name();
        var command = new Command("use", "set the profile to use without --profile") { name };
        command.SetAction(result =>
        {
            var file = ProfileFile.ReadOwn();
            var chosen = result.GetValue(name)!;
            var profile = file.Find(chosen)!;
            new ProfileFile { Current = chosen, Profiles = file.Profiles }.Write();
            output.WriteLine(
                $"{TerminalText.Line(chosen)} is used from now on: {TerminalText.Line(profile.Url ?? "")}");
        });
        return command;
    }

    private static Command List(CommonOptions common, TextWriter output)
    {
        var command = new Command("list", "list the profiles, without their keys");
        command.SetAction(result =>
        {
            var file = ProfileFile.Read();
            var items = new JsonArray([.. file.Profiles.Select(JsonNode (pair) => new JsonObject
            {
                ["name"] = pair.Key,
                ["url"] = pair.Value.Url,
                ["key"] = pair.Value.Key is not null ? "in the file" : pair.Value.KeyCommand is not null ? "by command" : "none",
                ["confirm"] = pair.Value.Confirm ?? "always",
                ["used"] = pair.Key == file.Current,
            })]);
            common.PrinterOf(result, output).List(
                new JsonObject { ["items"] = items }, items.OfType<JsonNode>(), Table);
        });
        return command;
    }

    private static Table Table(IEnumerable<JsonNode> profiles)
    {
        var table = new Table("NAME", "URL", "KEY", "CONFIRM", "USED");
        foreach (var one in profiles)
        {
            table.Add(
                one.Field("name"), one.Field("url"), one.Field("key"), one.Field("confirm"),
                one.Field("used") == "true" ? "yes" : "");
        }

        return table;
    }

    private static Command Delete(TextWriter output)
    {
        var name = Name();
        var command = new Command("delete", "delete a profile") { name };
        command.SetAction(result =>
        {
            var file = ProfileFile.ReadOwn();
            var chosen = result.GetValue(name)!;
            file.Find(chosen);
            file.Profiles.Remove(chosen);
            var current = file.Current == chosen ? null : file.Current;
            new ProfileFile { Current = current, Profiles = file.Profiles }.Write();
            output.WriteLine($"{TerminalText.Line(chosen)} deleted");
        });
        return command;
    }
}
