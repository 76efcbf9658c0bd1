using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;
using OrleansTasks.Cli.Streams;

namespace OrleansTasks.Cli.Jobs;

/// <summary><c>otask job run</c>: submits a job, feeds it, waits for it, and prints its aggregate.</summary>
internal static class JobRunCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var from = new Option<string?>("--from") { HelpName = "FILE", Description = "the source: the lines of this "
            + "local file, or - for standard input" };
        var lines = new Option<bool>("--lines") { Arity = ArgumentArity.Zero, Description = "with --from: each line "
            + "is plain text, not JSON" };
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
            var spec = options.Read(result, streamed: path is not null);
            await using var items = path is null ? null : Open(path);
            using var gateway = common.Open(result);
            if (!result.GetValue(detach))
                await gateway.RequireRead(cancellation);
            var job = await gateway.Post("/api/v1/jobs", spec, result.GetValue(idempotencyKey), cancellation);
            if (result.GetValue(detach))
            {
                await Announcement.Print(
                    output, common.IsJson(result) ? JsonText.Of(job) : job.Field("id"), gateway,
                    $"job {job.Field("id")}", $"/api/v1/jobs/{job.Field("id")}/cancel", result.GetValue(idempotencyKey));
                return ExitCodes.Done;
            }

            var bar = !result.GetValue(quiet) && !Console.IsErrorRedirected;
            var id = job.Field("id");
            if (!result.GetValue(quiet))
                errors.WriteLine($"otask: job {id}");
            try
            {
                var ended = items is null
                    ? await JobFollower.Follow(gateway, id, bar, cancellation)
                    : await Feed(gateway, id, new ItemsContent(items, result.GetValue(lines)), bar, cancellation);
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

    /// <summary>
    /// Sends the items and waits for the job. If not all items can be sent, cancels the job, because otherwise it would
    /// wait for items forever.
    /// </summary>
    private static async Task<JsonNode> Feed(
        Gateway gateway, string id, ItemsContent items, bool bar, CancellationToken cancellation)
    {
        var path = $"/api/v1/jobs/{Uri.EscapeDataString(id)}";
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var followed = JobFollower.Follow(gateway, id, bar, end.Token);
        var sent = Send();
        try
        {
            // A job that fails may end while its items are still being sent.
            if (await Task.WhenAny(sent, followed) == sent)
                await sent;
            return await followed;
        }
        catch (RefusedException refusal) when (refusal.Status == 409)
        {
            // The job accepts no more items. If it has failed or was cancelled, its end explains more than the refusal.
            var job = await gateway.Get(path, cancellation);
            if (JobEnd.IsFinal(job) && JobEnd.ExitCode(job) != ExitCodes.Done)
                return job;
            await GiveUp();
            throw;
        }
        catch
        {
            await GiveUp();
            throw;
        }
        finally
        {
            await end.CancelAsync();
            await Quietly(sent);
            await Quietly(followed);
        }

        async Task GiveUp()
        {
            await end.CancelAsync();
            await Quietly(followed);
            // Not with the token, whose cancellation may be why the job is given up.
            await Quietly(gateway.Post($"{path}/cancel", null, null, CancellationToken.None));
        }

        async Task Send()
        {
            await gateway.PostContent($"{path}/items", items, end.Token);
            await gateway.Post($"{path}/close", null, null, end.Token);
        }
    }

    private static async Task Quietly(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception e) when (e is OperationCanceledException or RefusedException or HttpRequestException or IOException or OutOfReachException)
        {
            // The failure that matters is already being reported.
        }
    }

    private static Stream Open(string path)
    {
        try
        {
            return path == "-" ? StandardInput.Open() : File.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--from: cannot read '{path}': {e.Message}");
        }
    }
}
