using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Events;

/// <summary><c>otask event</c>: what happens, as it happens.</summary>
internal static class EventCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var after = SpecFields.Text(
            "--after", "CURSOR", "begin after the event with this cursor, which an earlier run printed");
        var follow =
            new Command("follow", "print events until Ctrl-C, which prints the cursor to go on from") { after };
        follow.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var printer = common.PrinterOf(result, output);
            var last = result.GetValue(after);
            try
            {
                await Follow(gateway, last, Tell, cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                if (last is not null)
                    errors.WriteLine($"otask: to go on from here: otask event follow --after {last}");
                throw;
            }

            return ExitCodes.Done;

            void Tell(ServerEvent happened)
            {
                last = happened.Id ?? last;
                if (happened.Name == "reset")
                    errors.WriteLine("otask: events were lost: they are older than what is kept");
                else if (happened.Name == "message" && JsonNode.Parse(happened.Data) is { } told)
                    Print(told, printer);
                output.Flush();
            }
        });
        return new Command("event", "what happens to tasks, jobs, schedules and nodes") { follow };

        void Print(JsonNode told, Printer printer)
        {
            if (!printer.IsForPeople)
                printer.Each(told);
            else
                output.WriteLine(TerminalText.Line(
                    $"{told.Field("at")}  {told.Field("type"),-9} {told.Field("id")}  {told.Field("state")}"));
        }
    }

    private static async Task Follow(
        Gateway gateway, string? last, Action<ServerEvent> tell, CancellationToken cancellation)
    {
        var patience = new Patience(TimeProvider.System);
        while (true)
        {
            Exception? lost = null;
            try
            {
                await using var stream = await gateway.Events("/api/v1/events", last, cancellation);
                await foreach (var happened in ServerEvent.Read(stream, cancellation))
                {
                    last = happened.Id ?? last;
                    patience.Restore();
                    tell(happened);
                }
            }
            catch (Exception failure) when (Patience.IsPassing(failure))
            {
                lost = failure;
            }

            if (!await patience.Bear(cancellation))
                throw lost as OutOfReachException ?? new OutOfReachException(
                    $"the events broke off: {lost?.Message ?? "the gateway ends the stream again and again."}",
                    lost ?? new IOException());
        }
    }
}
