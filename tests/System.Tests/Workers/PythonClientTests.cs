using System.Runtime.Versioning;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>
/// Runs the tests of the Python package, on the system's CPython: its client, and its worker on Python's own gRPC
/// library, against the service.
/// </summary>
[SupportedOSPlatform("linux")]
[Trait("Needs", "python")]
public sealed class PythonClientTests
{
    private const string Python = "/usr/bin/python3";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData("tests.test_client")]
    [InlineData("tests.test_worker")]
    [InlineData("tests.test_odd")]
    [InlineData("tests.test_docs")]
    public async Task Package_ItsOwnTests_Pass(string module)
    {
        var probe = await Finished.Run(
            Python, "-c", "import sys, grpc, google.protobuf, cryptography; assert sys.version_info >= (3, 11)");
        Assert.SkipUnless(probe.ExitCode == 0,
            "Python 3.11 with its gRPC and cryptography libraries is not installed; build/test-tools.sh installs them.");
        var package = Path.Combine(BuiltPrograms.Repository, "sdk", "python");

        var ended = await Finished.Run(Python, ["-B", "-m", "unittest", module],
        [
            ("PYTHONPATH", $"{package}/src:{package}"), ("ORLEANSTASKS_PROGRAM", BuiltPrograms.AllInOne),
            ("ORLEANSTASKS_HANDLERS", BuiltPrograms.SampleHandlers), ("ORLEANSTASKS_OTASK", BuiltPrograms.Otask),
        ], Limit);

        Assert.True(ended.ExitCode == 0, $"{ended.Output}{ended.Errors}");
        // The summary, so that a module without tests does not pass: "Ran 21 tests in 14.023s".
        Assert.Matches(@"Ran [1-9][0-9]* tests? in ", ended.Errors);
    }
}
