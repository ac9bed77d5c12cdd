<?php

require __DIR__ . '/../vendor/autoload.php';

echo Example\Greeting::text(), ' from PHP ', PHP_MAJOR_VERSION, ' by ', PHP_SAPI, ': ', $_SERVER['REQUEST_URI'];
