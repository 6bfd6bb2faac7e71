#!/usr/bin/perl
# Reads the sources of a kernel, one after the other, from stdin, and prints the Module.symvers that its build would make, as far as
# the sources tell: every symbol of an EXPORT_SYMBOL… line, without a checksum. Those in macros are found by filling in what
# the macros are called with; all are counted as the kernel's own, whether its configuration has their drivers or not.
use strict;
use warnings;

my (%type, %namespace, %bodies, @calls);
# What a static call or a tracepoint exports besides its own name (linux/static_call.h, linux/tracepoint.h).
my %forms = (
	TRACEPOINT_SYMBOL => ['__tracepoint_%s', '__traceiter_%s', '__SCK__tp_func_%s', '__SCT__tp_func_%s'],
	STATIC_CALL => ['__SCK__%s', '__SCT__%s'],
	STATIC_CALL_TRAMP => ['__SCT__%s'],
);

sub export {
	my ($kind, $symbol, $space) = @_;
	my $gpl = $kind =~ s/_GPL(?=$|_)// || $kind =~ /FOR_MODULES/;
	for my $form (@{ $forms{$kind} // ['%s'] }) {
		my $name = sprintf $form, $symbol;
		# Exported twice, for two architectures or configurations: what is less strict counts.
		next if exists $type{$name} && $type{$name} eq 'EXPORT_SYMBOL';
		$type{$name} = $gpl ? 'EXPORT_SYMBOL_GPL' : 'EXPORT_SYMBOL';
		$namespace{$name} = $kind =~ /_NS/ ? $space : '';
	}
}

my $export = qr/\b_?EXPORT_((?:PER_CPU_)?SYMBOL(?:_NS)?(?:_GPL)?(?:_FOR_MODULES)?|TRACEPOINT_SYMBOL(?:_GPL)?|STATIC_CALL(?:_TRAMP)?(?:_GPL)?)\s*\(\s*([^(),]+?)\s*(?:,\s*"?([\w,-]*)"?\s*)?\)/;

sub scan {
	my ($text) = @_;
	while ($text =~ /$export/g) {
		my ($kind, $symbol, $space) = ($1, $2, $3 // '');
		$symbol =~ s/\s*##\s*//g;
		export($kind, $symbol, $space) if $symbol =~ /^\w+$/;
	}
}

my $line = '';
while (my $part = <STDIN>) {
	$line .= $part;
	next if $line =~ s/\\\n$/ /;
	if ($line =~ /^\s*#\s*define\s+(\w+)\(([\w\s,.]*)\)\s+(.*)/) {
		push @{ $bodies{$1} }, [[split /\s*,\s*/, $2], $3];
	} elsif ($line =~ /EXPORT_/) {
		scan($line);
	}
	# A macro's call begins a line; most are none, so all are kept until it is known which macros export.
	push @calls, [$1, $2] if $line =~ /^\s*([A-Za-z_]\w*)\s*\(([^()]*)\)/;
	$line = '';
}

# The macros that export, by themselves or by others.
my %exports;
for (1 .. 3) {
	for my $name (keys %bodies) {
		for my $body (@{ $bodies{$name} }) {
			my $text = $body->[1];
			$exports{$name} = 1 if $text =~ /EXPORT_\w*SYMBOL|EXPORT_STATIC_CALL/ || grep { $exports{$_} } $text =~ /\b(\w+)\s*\(/g;
		}
	}
}
# Not those of the kernel that all exports go through: their parameter is the name.
delete $exports{$_} for grep { /^_*EXPORT_/ && !/THUNK/ } keys %exports;

sub expand {
	my ($name, $arguments, $depth) = @_;
	return if $depth > 4;
	my @values = map { s/^\s+|\s+$//gr } split /,/, $arguments;
	for my $body (@{ $bodies{$name} }) {
		my ($parameters, $text) = @$body;
		for my $index (0 .. $#$parameters) {
			my $value = $values[$index] // '';
			$text =~ s/\s*##\s*\b\Q$parameters->[$index]\E\b|\b\Q$parameters->[$index]\E\b\s*##\s*|\b\Q$parameters->[$index]\E\b/$value/g;
		}
		scan($text);
		while ($text =~ /\b(\w+)\s*\(([^()]*)\)/g) {
			expand($1, $2, $depth + 1) if $exports{$1};
		}
	}
}
for my $call (@calls) {
	expand($call->[0], $call->[1], 0) if $exports{ $call->[0] };
}

print "0x00000000\t$_\tvmlinux\t$type{$_}\t$namespace{$_}\n" for sort keys %type;
