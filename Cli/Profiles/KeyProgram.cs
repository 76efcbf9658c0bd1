using System.ComponentModel;
using System.Diagnostics;

namespace OrleansTasks.Cli.Profiles;

/// <summary>Runs a profile's key command.</summary>
internal static class KeyProgram
{
    /// <summary>
    /// Returns the first line that a shell command prints. Throws <see cref="UsageException"/> if the command fails or
    /// prints nothing.
    /// </summary>
    public static string Ask(string line)
    {
        try
        {
            // Only stdout is redirected, so the command can still prompt on the terminal and report errors on stderr.
            using var shell =
                Process.Start(new ProcessStartInfo("/bin/sh", ["-c", line]) { RedirectStandardOutput = true })!;
            var key = shell.StandardOutput.ReadToEnd().Split('\n')[0].Trim();
            shell.WaitForExit();
            if (shell.ExitCode != 0)
                throw new UsageException($"the profile's keyCommand failed with exit code {shell.ExitCode}.");
            return key.Length > 0 ? key : throw new UsageException("the profile's keyCommand did not print a key.");
        }
        catch (Win32Exception e)
        {
            throw new UsageException($"the profile's keyCommand cannot be started: {e.Message}");
        }
    }
}
