using System.Diagnostics;
using System.Globalization;

namespace OrleansTasks.Bench.Harness;

/// <summary>
/// What a download costs without this system: nginx on loopback, curl, sha256sum, and a file that is synced.
/// </summary>
internal sealed class PlainDownloads : IDisposable
{
    private readonly string folder;
    private readonly Process server;
    private readonly string address;

    private PlainDownloads(string folder, Process server, string address) =>
        (this.folder, this.server, this.address) = (folder, server, address);

    /// <summary>Starts a server of the files in a folder.</summary>
    public static PlainDownloads Of(string folder)
    {
        var address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{ServiceProcess.FreePort()}");
        var settings = Path.Combine(folder, "nginx.conf");
        File.WriteAllText(settings, $$"""
            daemon off; pid {{folder}}/nginx.pid; error_log {{folder}}/nginx.log; user root;
            events { }
            http {
                access_log off; sendfile on; client_body_temp_path {{folder}}/body;
                server { listen {{address}}; root {{folder}}; }
            }
            """);
        var server = Tool.Start(new ProcessStartInfo("nginx", ["-p", folder, "-c", settings]));
        ShellRun.Seconds(folder, $"for i in $(seq 100); do curl -so /dev/null http://{address}/ && exit 0; sleep "
            + "0.1; done; exit 1");
        return new PlainDownloads(folder, server, address);
    }

    /// <summary>
    /// Downloads a file into another one, and returns the seconds until it is hashed and on the disk.
    /// </summary>
    public double Seconds(string name) =>
        ShellRun.Seconds(folder, $"curl -sf http://{address}/{name} | tee copy | sha256sum > sum; sync copy; rm copy");

    /// <inheritdoc/>
    public void Dispose()
    {
        using var kill = Process.Start("kill", $"-QUIT {server.Id}");
        server.WaitForExit();
        server.Dispose();
    }
}
