using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using OrleansTasks.Cli.Api;

namespace OrleansTasks.Cli.Help;

/// <summary><c>otask open</c>: prints the console's address, and opens it in a browser if there is a desktop.</summary>
internal static class OpenCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output)
    {
        var id = new Argument<string?>("id")
        {
            Description = "a task's id; without it, the overview opens",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command =
            new Command("open", "open the console in a browser; without a desktop, print its address") { id };
        command.SetAction(result =>
        {
            using var gateway = common.Open(result);
            var address = gateway.PageOf(
                result.GetValue(id) is { } task ? $"/ui/tasks/{PathSegment.OfId(task)}" : "/");
            output.WriteLine(address);
            if (!Console.IsOutputRedirected && HasDesktop())
                Show(address);
            return ExitCodes.Done;
        });
        return command;
    }

    private static bool HasDesktop() =>
        Environment.GetEnvironmentVariable("DISPLAY") is { Length: > 0 }
            || Environment.GetEnvironmentVariable("WAYLAND_DISPLAY") is { Length: > 0 };

    private static void Show(Uri address)
    {
        try
        {
            using var browser =
                Process.Start(new ProcessStartInfo("xdg-open", [address.ToString()]) { RedirectStandardError = true });
        }
        catch (Win32Exception)
        {
            // There is no xdg-open; the address was printed.
        }
    }
}
