using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Jobs;

/// <summary><c>otask job run</c>: submits a job, feeds it, waits for it, and prints its aggregate.</summary>
internal static class JobRunCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var from = new Option<string?>("--from") { HelpName = "FILE", Description = "the source: the items in this "
            + "local file, or - for standard input" };
        var lines = new Option<bool>("--lines") { Arity = ArgumentArity.Zero, Description = "with --from: each line "
            + "is plain text, not JSON; the same as --format lines" };
        var detach = new Option<bool>("--detach", "-d") { Arity = ArgumentArity.Zero, Description = "print the job's "
            + "id and exit without waiting" };
        var quiet = new Option<bool>("--quiet", "-q") { Arity = ArgumentArity.Zero, Description = "print neither the "
            + "job's id nor a progress bar" };
        var idempotencyKey = new Option<string?>("--idempotency-key")
        {
            Description = "idempotency key: repeating a submission with the same key submits it only once",
            HelpName = "KEY",
        };
        var options = new JobSpecOptions();
        var command = new Command("run", "run a job and print its aggregate") { from, lines, detach, quiet, idempotencyKey };
        options.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            var path = result.GetValue(from);
            if (path is not null && result.GetValue(detach))
                throw new UsageException("--from sends the items from here, so it does not go with --detach.");
            if (path is null && result.GetValue(lines))
                throw new UsageException("--lines goes with --from.");
            var format = FeedSource.FormatOf(options.Format(result), result.GetValue(lines));
            var spec = options.Read(result, streamed: path is not null);
            await using var items = path is null ? null : FeedSource.Open(path, format);
            using var gateway = common.Open(result);
            if (!result.GetValue(detach))
                await gateway.RequireRead(cancellation);
            // The idempotency key makes it safe to repeat the request after a lost connection.
            var key = result.GetValue(idempotencyKey) ?? $"otask-job-{Guid.NewGuid():N}";
            var job = await new Patience(TimeProvider.System).Repeat(
                () => gateway.Post("/api/v1/jobs", spec, key, cancellation), cancellation);
            var id = job.Id();
            if (result.GetValue(detach))
            {
                await CreatedNotice.Print(
                    output, common.IsJson(result) ? JsonText.Of(job) : id, gateway,
                    $"job {id}", $"/api/v1/jobs/{id}/cancel", result.GetValue(idempotencyKey));
                return ExitCodes.Done;
            }

            var bar = !result.GetValue(quiet) && !Console.IsErrorRedirected;
            if (!result.GetValue(quiet))
                errors.WriteLine($"otask: job {id}");
            try
            {
                // The job's id is also the upload's, so anyone who knows the job can continue the upload.
                var ended = items is null
                    ? await JobFollower.Follow(gateway, id, bar, cancellation)
                    : await new FedJob(gateway, id, upload: id, isOwn: true, errors).Run(items, bar, cancellation);
                return Print(ended, common.IsJson(result), output, errors);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                errors.WriteLine(items is null
                    ? $"otask: interrupted; the job {id} keeps running. See: otask job get --wait {id}, or otask job cancel {id}"
                    : $"otask: interrupted; the job {id} receives no more items and is being cancelled. See: otask job get {id}");
                throw;
            }
        });
        return command;
    }

    /// <summary>Prints the result of a job that has ended. Returns the exit code for how it ended.</summary>
    internal static int Print(JsonNode job, bool json, TextWriter output, TextWriter errors)
    {
        output.WriteLine(JsonText.Of(json ? job : job["aggregate"] ?? new JsonObject()));
        if (job.Field("state") != "succeeded")
            errors.WriteLine($"otask: job {job.Field("id")} {job.Field("state")}"
                + (job.Field("reason") is { Length: > 0 } reason ? $" ({reason})" : "")
                + $"; the aggregate covers {job.Field("itemsDone")} items. See: otask job failures {job.Field("id")}");
        return JobEnd.ExitCode(job);
    }
}
