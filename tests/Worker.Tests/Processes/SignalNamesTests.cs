using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Tests.Processes;

public sealed class SignalNamesTests
{
    [Fact]
    public void NumberOf_TheNameOfAnySignal_IsItsNumber() =>
        Assert.All(Enumerable.Range(1, 64), static signal => Assert.Equal(signal, SignalNames.NumberOf(SignalNames.Of(signal))));

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
