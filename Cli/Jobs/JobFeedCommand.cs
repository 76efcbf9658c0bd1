using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Jobs;

/// <summary><c>otask job feed</c>: sends items to a job that runs, or continues an upload that ended early.</summary>
internal static class JobFeedCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var id = new Argument<string>("id") { Description = "the job's id" };
        var from = new Option<string>("--from") { HelpName = "FILE", Required = true, Description = "the items in this "
            + "local file, or - for standard input" };
        var lines = new Option<bool>("--lines")
        {
            Arity = ArgumentArity.Zero, Description = "each line is plain text, not JSON; the same as --format lines",
        };
        var format = new Option<string?>("--format")
        {
            HelpName = "lines|ndjson|csv", Description = "format of --from [default: ndjson]",
        };
        var upload = new Option<string?>("--upload")
        {
            HelpName = "UUID",
            Description = "continue this upload: send the same items from the beginning, and the job skips those that it has; "
                + "the upload of job run has the job's id [default: a new upload]",
        };
        var close = new Option<bool>("--close")
        {
            Arity = ArgumentArity.Zero,
            Description = "then close the stream, wait for the job to end, and print its aggregate",
        };
        var quiet = new Option<bool>("--quiet", "-q") { Arity = ArgumentArity.Zero, Description = "print neither the "
            + "upload's id nor a progress bar" };
        var command = new Command("feed", "send items to a running job with the source stream")
        {
            id, from, lines, format, upload, close, quiet,
        };
        command.SetAction(async (result, cancellation) =>
        {
            var name = UploadOf(result.GetValue(upload));
            await using var source = FeedSource.Open(
                result.GetValue(from)!, FeedSource.FormatOf(result.GetValue(format), result.GetValue(lines)));
            using var gateway = common.Open(result);
            if (result.GetValue(close))
                await gateway.RequireRead(cancellation);
            if (!result.GetValue(quiet))
                errors.WriteLine($"otask: upload {name}");
            var job = new FedJob(gateway, result.GetValue(id)!, name, isOwn: false, errors);
            if (result.GetValue(close))
            {
                var bar = !result.GetValue(quiet) && !Console.IsErrorRedirected;
                return JobRunCommand.Print(
                    await job.Run(source, bar, cancellation), common.IsJson(result), output, errors);
            }

            var accepted = await job.Send(source, cancellation);
            output.WriteLine(common.IsJson(result)
                ? JsonText.Of(new JsonObject { ["accepted"] = accepted, ["upload"] = name })
                : $"{accepted} items accepted");
            return ExitCodes.Done;
        });
        return command;
    }

    private static string UploadOf(string? given) =>
        given is null ? Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString()
        : Guid.TryParseExact(given, "D", out var upload) ? upload.ToString()
        : throw UsageException.OfValue("--upload", given, "a UUID, which otask job run and otask job feed print");
}
