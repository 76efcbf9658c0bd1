using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Tests.Processes;

public sealed class SignalNamesTests
{
    [Fact]
    public void NumberOf_TheNameOfAnySignal_IsItsNumber() =>
        Assert.All(Enumerable.Range(1, 64), static signal => Assert.Equal(signal, SignalNames.NumberOf(SignalNames.Of(signal))));

    // As kill(1) and signal(7) have them.
    [Theory]
    [InlineData(1, "SIGHUP")]
    [InlineData(6, "SIGABRT")]
    [InlineData(9, "SIGKILL")]
    [InlineData(11, "SIGSEGV")]
    [InlineData(15, "SIGTERM")]
    [InlineData(16, "SIGSTKFLT")]
    [InlineData(17, "SIGCHLD")]
    [InlineData(19, "SIGSTOP")]
    [InlineData(24, "SIGXCPU")]
    [InlineData(31, "SIGSYS")]
    [InlineData(32, "SIG32")]
    [InlineData(34, "SIGRTMIN")]
    [InlineData(64, "SIGRTMIN+30")]
    public void Of_ANumber_IsTheNameOfLinux(int signal, string name) => Assert.Equal(name, SignalNames.Of(signal));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("SIG")]
    [InlineData("SIGNAL")]
    [InlineData("SIG-9")]
    [InlineData("SIGRTMIN+x")]
    public void NumberOf_WhatIsNoSignal_IsZero(string? name) => Assert.Equal(0, SignalNames.NumberOf(name));
}
