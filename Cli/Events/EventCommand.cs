using System.CommandLine;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;
using EventBytes = OrleansTasks.ApiClient.Transport.EventBytes;

namespace OrleansTasks.Cli.Events;

/// <summary><c>otask event</c>: lists past events and follows new ones.</summary>
internal static class EventCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var after = SpecFields.Text(
            "--after", "CURSOR", "start after the event with this cursor, which an earlier run printed");
        var follow =
            new Command("follow", "print events until Ctrl-C, which prints the cursor to continue from") { after };
        follow.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var printer = common.PrinterOf(result, output);
            var events = new Following(gateway, result.GetValue(after));
            try
            {
                await events.Run(Tell, cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                if (events.Last is { } last)
                    errors.WriteLine($"otask: to continue from here: otask event follow --after {last}");
                throw;
            }

            return ExitCodes.Done;

            void Tell(SseItem<string> happened)
            {
                if (happened.EventType == "reset")
                    errors.WriteLine("otask: some events are missing: they are older than the stored ones");
                else if (happened.EventType == "message")
                    Print(Answer.Parse(happened.Data), printer);
                output.Flush();
            }
        });
        return new Command("event", "list and follow events of tasks, jobs, schedules and nodes") { List(common, output), follow };

        void Print(JsonNode told, Printer printer)
        {
            if (!printer.IsForPeople)
                printer.Each(told);
            else
                output.WriteLine(TerminalText.Line(
                    $"{told.Field("at")}  {told.Field("type"),-9} {told.Field("id")}  {told.Field("state")}"));
        }
    }

    private static Command List(CommonOptions common, TextWriter output)
    {
        var type = SpecFields.Text(
            "--type", "TYPE",
            "only events of this type of resource: task, job, node, queue, schedule, workflow or rollout");
        var id = SpecFields.Text("--id", "ID", "only events of the resource with this id");
        var from = SpecFields.Text("--from", "TIME", "the earliest time: RFC 3339, or 6h for six hours ago");
        var to = SpecFields.Text("--to", "TIME", "only events before this time");
        var limit = NumberOption.Whole("--limit", "-n", "maximum number of events to list", 100);
        var command = new Command("list", "list past events, newest first") { type, id, from, to, limit };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var query = new RequestAddress("/api/v1/events/history").Add("type", result.GetValue(type)).Add("id", result.GetValue(id))
                .Add("from", MomentText.Past(result.GetValue(from))).Add("to", MomentText.Past(result.GetValue(to)))
                .Add("limit", result.GetValue(limit));
            var list = await gateway.Get(query.ToString(), cancellation);
            common.PrinterOf(result, output).List(list, list.Items(), static items =>
            {
                var table = new Table("AT", "TYPE", "ID", "STATE", "ATTEMPT");
                foreach (var happened in items)
                    table.Add(happened.Field("at"), happened.Field("type"), happened.Field("id"), happened.Field("state"),
                        happened.Field("attempt"));
                return table;
            });
            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary>Follows the events across lost connections.</summary>
    private sealed class Following(Gateway gateway, string? after)
    {
        private readonly Patience patience = new(TimeProvider.System);

        /// <summary>The position to continue from; null before the gateway has named one.</summary>
        public string? Last { get; private set; } = after;

        /// <summary>Passes events on until cancelled. Throws after too many breaks in a row.</summary>
        public async Task Run(Action<SseItem<string>> tell, CancellationToken cancellation)
        {
            while (true)
            {
                Exception? lost = null;
                try
                {
                    await using var stream = await gateway.Events("/api/v1/events", Last, cancellation);
                    await Read(stream, tell, cancellation);
                }
                catch (Exception failure) when (Patience.IsPassing(failure))
                {
                    lost = failure;
                }

                if (!await patience.Bear(cancellation))
                    throw lost as OutOfReachException ?? new OutOfReachException(
                        $"the event stream broke: {lost?.Message ?? "the gateway keeps closing it."}",
                        lost ?? new IOException());
            }
        }

        private async Task Read(EventBytes stream, Action<SseItem<string>> tell, CancellationToken cancellation)
        {
            var hasEvents = false;
            try
            {
                await foreach (var happened in SseParser.Create(stream).EnumerateAsync(cancellation))
                {
                    hasEvents = true;
                    Last = happened.EventId ?? Last;
                    patience.Restore();
                    tell(happened);
                }
            }
            finally
            {
                // A stream that breaks before its first event may still have named its position.
                if (!hasEvents)
                    Last = stream.Start ?? Last;
            }
        }
    }
}
