using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Cli.Files;

/// <summary><c>otask files</c>: stores files, lists them, and gets them back.</summary>
internal static class FilesCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors) =>
        new("files", "store files, and get those that tasks left")
        {
            Put(common, output, errors), Get(common, errors), List(common, output, errors), Show(common, output),
        };

    private static Command Put(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var paths = new Argument<string[]>("file") { Description = "the files", Arity = ArgumentArity.OneOrMore };
        var command = new Command("put", "store files and print their names") { paths };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var sending = new InputSending(gateway, errors);
            foreach (var path in result.GetValue(paths)!)
                output.WriteLine($"{await sending.Store(path, cancellation)}  {TerminalText.Line(path)}");

            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Get(CommonOptions common, TextWriter errors)
    {
        var id = new Argument<string>("id")
        {
            Description = "the id of a task, workflow or job, or the name of a file: sha256:…",
        };
        var to = SpecFields.Text(
            "--to", "DIR", "the folder for the files; a workflow's nodes have folders in it [default: this folder]");
        var command = new Command("get", "download the files that a task, workflow or job left, or print a file") { id, to };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var named = result.GetValue(id)!;
            if (FileName.TryParse(named, out var name))
            {
                await using var stdout = common.Written.OpenStdout(raw: true);
                using var bar = TransferBar.On(errors, "receiving");
                await gateway.Copy($"/api/v1/files/{name}", new CountedStream(stdout, bar), cancellation, bar.Expect);
                return ExitCodes.Done;
            }

            var artifacts = new ArtifactFiles(gateway, errors);
            var (count, bytes) = await artifacts.Bring(named, result.GetValue(to) ?? ".", cancellation);
            errors.WriteLine($"otask: {count} files, {JsonText.Bytes(bytes.ToString(CultureInfo.InvariantCulture))}");
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command List(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var owner = new Argument<string?>("id")
        {
            Description = "the id of a task, workflow or job; without one, all stored files are listed",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var limit = NumberOption.Whole("--limit", "maximum number of files; 0 for all [default: 100]");
        var command = new Command("list", "list the files that a task, workflow or job left, or all stored files")
        {
            owner, limit,
        };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var id = result.GetValue(owner);
            var wanted = result.GetValue(limit);
            async Task<JsonArray> Read(string path) =>
                (await Pages.List(gateway, () => new RequestAddress(path), wanted, errors, cancellation)).List("items");
            var items = id is null ? await Read("/api/v1/files") : await ArtifactFiles.Of(id, Read);
            if (common.IsJson(result))
                output.WriteLine(JsonText.Of(items));
            else
                TableOf(items, id is not null).Write(output);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Show(CommonOptions common, TextWriter output)
    {
        var id = new Argument<string>("id") { Description = "the task's id" };
        var path = new Argument<string>("path") { Description = "the file's path" };
        var command = new Command("show", "print a file that a task left") { id, path };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            await using var stdout = common.Written.OpenStdout(raw: false);
            var segments = result.GetValue(path)!.Split('/').Select(PathSegment.Of);
            await gateway.Copy($"/api/v1/tasks/{PathSegment.OfId(result.GetValue(id)!)}/artifacts/{string.Join('/', segments)}", stdout, cancellation);
            await output.FlushAsync(cancellation);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Table TableOf(JsonArray items, bool areArtifacts)
    {
        var areOfNodes = areArtifacts && items.Any(static item => item!["node"] is not null);
        var table = areOfNodes ? new Table("NODE", "ITEM", "PATH", "SIZE", "FILE")
            : areArtifacts ? new Table("PATH", "SIZE", "FILE") : new Table("FILE", "SIZE", "CREATED", "EXPIRES");
        foreach (var item in items.OfType<JsonNode>())
        {
            if (areOfNodes)
                table.Add(
                    item.Field("node"), item.Field("item"), item.Field("path"), JsonText.Bytes(item.Field("bytes")), item.Field("file"));
            else if (areArtifacts)
                table.Add(item.Field("path"), JsonText.Bytes(item.Field("bytes")), item.Field("file"));
            else
                table.Add(item.Field("file"), JsonText.Bytes(item.Field("bytes")), item.Field("createdAt"), item.Field("expiresAt"));
        }

        return table;
    }
}
